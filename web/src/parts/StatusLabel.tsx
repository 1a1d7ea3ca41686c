// What a client was told: a status in its colour.
import { StateLabel, type Tone } from "./StateLabel";

/** What the client was told, in a word. */
export function statusOf(status: number): string {
  return status === 0 ? "nothing" : String(status);
}

function toneOfStatus(status: number): Tone {
  if (status === 0 || status >= 500) return "bad";
  return status >= 400 ? "warn" : "good";
}

export function StatusLabel({ status }: { status: number }) {
  return <StateLabel state={statusOf(status)} tone={toneOfStatus(status)} />;
}
