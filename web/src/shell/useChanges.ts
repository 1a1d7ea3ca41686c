// Keeps what is shown up to date: by the stream of changes, by asking now and then while there is none.
import { useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { ANYTHING, type Change, concerns } from "~/api/changes";
import { useMe } from "~/api/session";
import { useStream } from "~/parts/useStream";

/** Many changes at once, of an upload for example, are one. */
const TOGETHER = 500;
const POLL = 10_000;

export function useChanges(): void {
  const queries = useQueryClient();
  const me = useMe();
  const waiting = useRef<Change[]>([]);
  const later = useRef<ReturnType<typeof setTimeout>>(undefined);
  const refresh = () => {
    later.current = undefined;
    const changes = waiting.current.splice(0);
    void queries.invalidateQueries({
      predicate: (query) => changes.some((change) => concerns(change, query)),
    });
  };
  const take = (change: Change) => {
    waiting.current.push(change);
    later.current ??= setTimeout(refresh, TOGETHER);
  };
  // Who sees some projects only is told nothing about all.
  const address = me.grants == null ? "/api/v1/live/changes" : null;
  const state = useStream(address, { events: { change: take }, back: () => take(ANYTHING) });
  useEffect(() => {
    if (state !== "away") return;
    const poll = setInterval(() => take(ANYTHING), POLL);
    return () => clearInterval(poll);
    // What is called then is the same whichever render made it.
  }, [state]);
  useEffect(() => () => clearTimeout(later.current), []);
}
