// What a stream tells, a few times a second at most however much it is.
import { useEffect, useState } from "react";
import { type StreamState, watchStream } from "~/api/streams";

const TURN = 250;
const MOST = 500;

export interface Live<T> {
  /** The newest first. */
  fresh: T[];
  /** So many went by unseen. */
  missed: number;
  state: StreamState | "paused";
  forget: () => void;
}

interface Seen<T> {
  fresh: T[];
  missed: number;
}

/** Events of this name at this address, and `missed` ones; nothing comes in while it is not `on`. */
export function useLive<T>(address: string, event: string, on: boolean): Live<T> {
  const [seen, setSeen] = useState<Seen<T>>({ fresh: [], missed: 0 });
  const [state, setState] = useState<StreamState>("connecting");
  const forget = () => setSeen({ fresh: [], missed: 0 });
  useEffect(forget, [address, event]);
  useEffect(() => {
    if (!on) return;
    let waiting: T[] = [];
    const flush = () => {
      if (waiting.length === 0) return;
      const news = waiting.reverse();
      waiting = [];
      setSeen(({ fresh, missed }) => {
        const all = [...news, ...fresh];
        return { fresh: all.slice(0, MOST), missed: missed + Math.max(0, all.length - MOST) };
      });
    };
    const turns = setInterval(flush, TURN);
    const stop = watchStream(address, {
      events: {
        [event]: (one: T) => waiting.push(one),
        missed: ({ count }: { count: number }) =>
          setSeen((seen) => ({ ...seen, missed: seen.missed + count })),
      },
      state: setState,
    });
    return () => {
      clearInterval(turns);
      stop();
      flush();
    };
  }, [address, event, on]);
  return { ...seen, state: on ? state : "paused", forget };
}
