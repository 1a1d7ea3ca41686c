// Sticky sessions that are alive on any node, and other exits for them.
import { infiniteQueryOptions } from "@tanstack/react-query";
import { answered, client, type Schemas } from "./client";

export type Session = Schemas["SessionView"];

export function sessionsQuery(project: string, prefix: string) {
  return infiniteQueryOptions({
    queryKey: ["projects", project, "sessions", prefix],
    initialPageParam: undefined as string | undefined,
    queryFn: async ({ pageParam: after, signal }) => {
      const query = { limit: 100, after, prefix: prefix || undefined };
      const params = { path: { project }, query };
      return answered(client.GET("/api/v1/projects/{project}/sessions", { params, signal }));
    },
    getNextPageParam: (page) => page.next ?? undefined,
    // Sessions come and go with traffic.
    refetchInterval: 5_000,
  });
}

/** Gives a session another exit from its next request on. */
export async function rotate(project: string, session: string) {
  const params = { path: { project, session } };
  return answered(client.DELETE("/api/v1/projects/{project}/sessions/{session}", { params }));
}

/** The same for all whose names begin like this. */
export async function rotateAll(project: string, prefix: string) {
  const params = { path: { project }, query: { prefix: prefix || undefined } };
  return answered(client.DELETE("/api/v1/projects/{project}/sessions", { params }));
}
