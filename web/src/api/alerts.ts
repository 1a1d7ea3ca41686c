// What people should know of: what lasts, what is over, who knows.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answered, client, type Schemas } from "./client";

export type Alert = Schemas["AlertView"];

export interface AlertFilter {
  state?: string;
  kind?: string;
  project?: string;
}

/** Every kind that there is, and what it is called. */
export const KINDS: Record<string, string> = {
  cap_near: "Cap nearly reached",
  cap_reached: "Cap reached",
  pool_shrank: "Pool has shrunk",
  exits_unhealthy: "Exits unhealthy",
  exits_failing: "Exits failing",
  lease_taken_over: "Lease taken over",
  node_lost: "Node lost",
  cluster_degraded: "Coordination degraded",
  database_away: "Database away",
};

export function alertsQuery(filter: AlertFilter) {
  return infiniteQueryOptions({
    queryKey: ["alerts", filter],
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam: after, signal }) => {
      const params = { query: { ...filter, limit: 100, after } };
      return answered(client.GET("/api/v1/alerts", { params, signal }));
    },
    getNextPageParam: (page) => page.next ?? undefined,
    refetchInterval: 30_000,
  });
}

/** How many last. */
export const openAlertsQuery = queryOptions({
  queryKey: ["alerts", "open"],
  queryFn: async () => {
    const params = { query: { state: "open", limit: 1 } };
    return (await answered(client.GET("/api/v1/alerts", { params }))).total;
  },
  refetchInterval: 30_000,
});

/** Says that the caller knows of it. */
export async function acknowledge(row: Alert): Promise<void> {
  const params = { path: { alert: row.id } };
  await answered(client.POST("/api/v1/alerts/{alert}/acknowledge", { params }));
}
