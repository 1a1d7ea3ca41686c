// Recorded exchanges of a project: lists of them, one whole, as they happen, as a file.
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { answered, client, type Schemas } from "./client";
import { queryOf } from "./streams";

export type Capture = Schemas["CaptureView"];
export type CaptureDetail = Schemas["CaptureDetail"];
export type Content = Schemas["ContentView"];
export type Hello = Schemas["HelloView"];

/** Which exchanges are wanted: those that fit every part. */
export interface CaptureFilter {
  host?: string;
  method?: string;
  status?: string;
  session?: string;
  exit?: string;
  text?: string;
  banned?: boolean;
  failed?: boolean;
  since?: string;
}

export function capturesQuery(project: string, filter: CaptureFilter) {
  return infiniteQueryOptions({
    queryKey: ["projects", project, "captures", filter],
    initialPageParam: undefined as number | undefined,
    queryFn: async ({ pageParam: before, signal }) => {
      const params = { path: { project }, query: { ...filter, limit: 100, before } };
      return answered(client.GET("/api/v1/projects/{project}/captures", { params, signal }));
    },
    getNextPageParam: (page) => page.next ?? undefined,
    // What is new comes through the stream.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
}

/** Nodes number their records apart from one another. */
export function captureQuery(project: string, capture: number, node: string) {
  return queryOptions({
    queryKey: ["projects", project, "captures", "one", node, capture],
    queryFn: () => {
      const params = { path: { project, capture }, query: { node } };
      return answered(client.GET("/api/v1/projects/{project}/captures/{capture}", { params }));
    },
    // A record does not change.
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 0,
  });
}

/** Forgets all that the node that answers has recorded; how many those were. */
export async function clearCaptures(project: string): Promise<number> {
  const params = { path: { project } };
  const call = client.DELETE("/api/v1/projects/{project}/captures", { params });
  return (await answered(call)).deleted;
}

/** Where the same exchanges are as HAR 1.2. */
export function harAddress(project: string, filter: CaptureFilter): string {
  return `/api/v1/projects/${project}/captures.har${queryOf(filter)}`;
}

/** Where the same exchanges are told of as they are recorded. */
export function capturesStream(project: string, filter: CaptureFilter): string {
  return `/api/v1/projects/${project}/captures/stream${queryOf(filter)}`;
}

/** Both lists as one, the newest first, each record once. */
export function together(fresh: Capture[], read: Capture[]): Capture[] {
  const rows = new Map([...fresh, ...read].map((row) => [keyOf(row), row]));
  return [...rows.values()].sort((one, other) => other.id - one.id);
}

/** Numbers of records are those of a node. */
export function keyOf({ node, id }: Capture): string {
  return `${node} ${id}`;
}
