// The one way to the API: typed by its document, with the session's cookie.
import createClient from "openapi-fetch";
import { type Problem, ProblemError } from "./problem";
import type { components, paths } from "./schema";

export type Schemas = components["schemas"];

export const client = createClient<paths>({
  baseUrl: globalThis.location?.origin ?? "",
  credentials: "same-origin",
  // Looked up at each call, so that tests can stand in for the network.
  fetch: (request: Request) => globalThis.fetch(request),
});

interface Outcome<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** What a call answers, or the problem it reports, thrown. */
export async function answered<T>(call: Promise<Outcome<T>>): Promise<T> {
  let outcome: Outcome<T>;
  try {
    outcome = await call;
  } catch (cause) {
    throw ProblemError.unreachable(cause);
  }
  if (outcome.response.ok) return outcome.data as T;
  throw ProblemError.of(outcome.response, outcome.error as Partial<Problem> | undefined);
}

/** What stands in `If-Match` for a row that was read in this version. */
export function ifMatch(row: { version: number }): { header: { "If-Match": string } } {
  return { header: { "If-Match": `"${row.version}"` } };
}

/** A row as the API shows it: fields with a default are always there. */
export type Shown<T> = T extends (infer E)[]
  ? Shown<E>[]
  : T extends object
    ? { [K in keyof T]-?: undefined extends T[K] ? Shown<Exclude<T[K], undefined>> : Shown<T[K]> }
    : T;

/** Says that an answer is complete, which its schema leaves open. */
export function shown<T>(row: T): Shown<T> {
  return row as Shown<T>;
}
