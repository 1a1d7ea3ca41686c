// Times that people notice: each is printed, and what is demanded of it holds on a busy machine, too.

interface Attempt {
  /** When it began, in ms. */
  since: number;
  seen: Promise<unknown>;
}

/** A busy machine is no fault of ours: only what is this many times later than it should be is one. */
const GRACE = 10;

/** How long it takes, in ms: again, so many times at most, while it takes longer than it should. */
export async function measured(
  what: string,
  goal: number,
  attempt: (at: number) => Promise<Attempt>,
  attempts = 3,
): Promise<number> {
  const times: number[] = [];
  do {
    const { since, seen } = await attempt(times.length);
    await seen;
    times.push(Date.now() - since);
  } while (Math.min(...times) > goal && times.length < attempts);
  const best = Math.min(...times);
  console.info(`${what} after ${best} ms (goal ${goal}${times.length > 1 ? `; ${times}` : ""})`);
  if (best > GRACE * goal) throw new Error(`${what}: after ${times} ms, the goal is ${goal}`);
  return best;
}

/** The value that this share of them does not exceed. */
export function quantile(values: number[], share: number): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}
