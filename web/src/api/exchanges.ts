// Requests that finished lately, on all nodes: lists of them, one whole, as they happen.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answered, client, type Schemas } from "./client";
import { queryOf } from "./streams";

export type Exchange = Schemas["ExchangeView"];
export type ExchangeDetail = Schemas["ExchangeDetail"];
export type Attempt = Schemas["AttemptView"];

/** Which exchanges are wanted: those that fit every part. */
export interface ExchangeFilter {
  text?: string;
  host?: string;
  status?: string;
  session?: string;
  exit?: string;
  blame?: string;
}

export function exchangesQuery(project: string | undefined, filter: ExchangeFilter) {
  return infiniteQueryOptions({
    queryKey: ["exchanges", project, filter],
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam: before, signal }) => {
      const query = { ...filter, project_id: project, limit: 100, before };
      return answered(client.GET("/api/v1/exchanges", { params: { query }, signal }));
    },
    getNextPageParam: (page) => page.next ?? undefined,
    // What is new comes through the stream.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
}

export function exchangeQuery(exchange: string) {
  return queryOptions({
    queryKey: ["exchanges", "one", exchange],
    queryFn: () => {
      const params = { path: { exchange } };
      return answered(client.GET("/api/v1/exchanges/{exchange}", { params }));
    },
    // A record does not change.
    staleTime: Number.POSITIVE_INFINITY,
  });
}

/** Where the same exchanges are told of as they finish. */
export function exchangesStream(project: string | undefined, filter: ExchangeFilter): string {
  return `/api/v1/live/exchanges${queryOf({ ...filter, project_id: project })}`;
}

/** Both lists as one, what finished last first, each exchange once; `most` at most. */
export function newestFirst(fresh: Exchange[], read: Exchange[], most: number): Exchange[] {
  const rows = new Map([...fresh, ...read].map((row) => [row.id, row]));
  // A node numbers them as it collects them from its threads: close ones may be the wrong way round.
  const timed = [...rows.values()].map((row) => ({ row, ended: endOf(row) }));
  timed.sort((one, other) => other.ended - one.ended || (one.row.id < other.row.id ? 1 : -1));
  return timed.slice(0, most).map(({ row }) => row);
}

function endOf({ started_at, duration_ms }: Exchange): number {
  return Date.parse(started_at) + duration_ms;
}

/** Where a request went, as far as it is known: `shop.example:443`. */
export function targetOf({ host, port }: Exchange): string {
  if (host == null) return "nowhere yet";
  const name = host.includes(":") ? `[${host}]` : host;
  return port == null ? name : `${name}:${port}`;
}
