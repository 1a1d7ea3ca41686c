// Deletes that can still be taken back: out of sight or struck out at once, sent when their notice is
// gone.
import { useSyncExternalStore } from "react";
import { failed, undoable } from "./notices";

interface Doomed {
  id: string;
  /** What it is called: `Connector Own exits`. */
  name: string;
  /** The rows that go, where they are others than `id`. */
  rows?: ReadonlySet<string>;
  /** Deletes it, and has lists that show it be read again; it must outlive the page (`keepalive`). */
  send: () => Promise<unknown>;
}

let doomed: readonly Doomed[] = [];
const listeners = new Set<() => void>();

function change(next: readonly Doomed[]): void {
  doomed = next;
  for (const tell of listeners) tell();
}

const forget = (id: string) => change(doomed.filter((one) => one.id !== id));

/** Sent, and not to be sent again: what is left is to wait for the node. */
const sent = new Map<string, Promise<void>>();

/** Closes the notice of a delete: it is too late to take it back. */
const notices = new Map<string, () => void>();

const verb = ({ rows }: Doomed) => (rows !== undefined && rows.size > 1 ? "are" : "is");

function send(row: Doomed): Promise<void> {
  const { id, send } = row;
  const under = sent.get(id);
  if (under !== undefined) return under;
  notices.get(id)?.();
  notices.delete(id);
  const outcome = send()
    .then(() => {}, (error) => failed(`${row.name} ${verb(row)} still there`, error))
    .finally(() => {
      sent.delete(id);
      forget(id);
    });
  sent.set(id, outcome);
  return outcome;
}

/** Deletes it unless that is taken back while the notice stands there. */
export function doom(row: Doomed): void {
  change([...doomed.filter(({ id }) => id !== row.id), row]);
  const gone = () => doomed.includes(row) && void send(row);
  notices.set(row.id, undoable(`${row.name} ${verb(row)} deleted.`, () => forget(row.id), gone));
}

/** Sends every delete that waits: nobody can take it back any more. */
export async function flushDoomed(): Promise<void> {
  await Promise.all(doomed.map(send));
}

/** Whether a row is about to be deleted. */
export function useIsDoomed(id: string): boolean {
  return useSyncExternalStore(subscribe, () => doomed.some((one) => one.rows?.has(id) ?? one.id === id));
}

/** The rows that are not about to be deleted. */
export function useAlive<T extends { id: string }>(rows: T[]): T[] {
  const gone = useSyncExternalStore(subscribe, () => doomed);
  return gone.length === 0 ? rows : rows.filter(({ id }) => !gone.some((one) => one.id === id));
}

function subscribe(tell: () => void): () => void {
  listeners.add(tell);
  return () => listeners.delete(tell);
}

globalThis.addEventListener?.("pagehide", () => void flushDoomed());
