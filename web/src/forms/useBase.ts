// The row that a form began with: what others change meanwhile is a conflict, though it is shown elsewhere.
import { useRef } from "react";

interface Base<T> {
  current: () => T;
  /** Reads the row again, so that the next attempt goes on from there. */
  again: () => Promise<T>;
  adopt: (row: T) => void;
}

/** `read` says what the row is now; without an answer it stays what it was. */
export function useBase<T>(row: T, read: () => Promise<T | undefined>): Base<T> {
  const base = useRef(row);
  return {
    current: () => base.current,
    again: async () => {
      base.current = (await read()) ?? base.current;
      return base.current;
    },
    adopt: (row) => {
      base.current = row;
    },
  };
}

/** The row of this identifier, of a list that is read. */
export async function rowOf<T extends { id: string }>(list: Promise<{ items: T[] }>, id: string | undefined) {
  return (await list).items.find((row) => row.id === id);
}
