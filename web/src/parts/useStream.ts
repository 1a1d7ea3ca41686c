// A stream that is open as long as the tab is in sight: browsers open few to one host.
import { useDocumentVisibility } from "@mantine/hooks";
import { useEffect, useRef, useState } from "react";
import { type StreamState, watchStream } from "~/api/streams";

type Events = Parameters<typeof watchStream>[1]["events"];

interface Options {
  events: Events;
  /** What was shown may be old: the stream was away, or the tab. */
  back?: () => void;
}

/** Listens at the address, or with `null` not at all; `away` where nothing can come in. */
export function useStream(address: string | null, options: Options): StreamState {
  const visible = useDocumentVisibility() !== "hidden";
  const [state, setState] = useState<StreamState>("connecting");
  const latest = useRef(options);
  latest.current = options;
  const opened = useRef(false);
  useEffect(() => {
    if (address === null || !visible) return;
    if (opened.current) latest.current.back?.();
    opened.current = true;
    let broken = false;
    const names = Object.keys(latest.current.events);
    const stop = watchStream(address, {
      events: Object.fromEntries(names.map((name) => [name, (data) => latest.current.events[name]?.(data)])),
      state: (state) => {
        setState(state);
        if (state === "live" && broken) latest.current.back?.();
        broken = state !== "live" && (broken || state === "away");
      },
    });
    return () => {
      setState("connecting");
      stop();
    };
  }, [address, visible]);
  return address === null ? "away" : state;
}
