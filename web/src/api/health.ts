// How the node is that answers: asked all the time, so that people see when it does not.
import { queryOptions, useQuery } from "@tanstack/react-query";

export interface Health {
  status: "healthy" | "degraded" | "starting" | "draining";
  version: string;
  instance_id: string;
  revision: number;
  exits: number;
  coordination: "alone" | "connected" | "degraded";
  database?: "ok" | "unavailable";
}

export const healthQuery = queryOptions({
  queryKey: ["health"],
  // A node that is ending answers 503, and says how it is all the same.
  queryFn: async ({ signal }): Promise<Health> => (await fetch("/health", { signal })).json(),
  refetchInterval: 5_000,
  retry: false,
});

export type Connection = "connecting" | "live" | "degraded" | "away";

/** Whether what is shown is up to date, and what the node says of itself. */
export function useConnection(): { connection: Connection; health: Health | undefined } {
  const { data, isError, isPending } = useQuery(healthQuery);
  if (isError) return { connection: "away", health: data };
  if (isPending) return { connection: "connecting", health: undefined };
  return { connection: data.status === "healthy" ? "live" : "degraded", health: data };
}
