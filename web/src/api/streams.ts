// Server-sent events of the API: what comes in, and whether anything can.

export type StreamState = "connecting" | "live" | "away";

interface Watching {
  /** What to do with the data of events, by their name. */
  events: Record<string, (data: never) => void>;
  state: (state: StreamState) => void;
}

/** A stream that the browser does not take up again by itself is, after so long. */
const LATER = 10_000;

/** Listens until the function that it returns is called. */
export function watchStream(address: string, on: Watching): () => void {
  let source: EventSource;
  let later: ReturnType<typeof setTimeout> | undefined;
  const open = () => {
    on.state("connecting");
    source = new EventSource(address);
    source.onopen = () => on.state("live");
    source.onerror = () => {
      on.state("away");
      // A stream that broke is taken up again by the browser, one that was refused is not.
      if (source.readyState === EventSource.CLOSED) later = setTimeout(open, LATER);
    };
    for (const [name, run] of Object.entries(on.events)) {
      source.addEventListener(name, ({ data }) => run(JSON.parse(data) as never));
    }
  };
  open();
  return () => {
    clearTimeout(later);
    source.close();
  };
}

/** What of a filter is set, as a query: `?status=404`, or nothing. */
export function queryOf(filter: object): string {
  const parts = Object.entries(filter).filter(([, value]) => value !== undefined);
  const query = new URLSearchParams(parts.map(([name, value]) => [name, String(value)]));
  return parts.length === 0 ? "" : `?${query}`;
}
