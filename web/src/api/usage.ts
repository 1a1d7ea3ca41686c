// What went through a project on all nodes together.
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answered, client, type Schemas, type Shown, shown } from "./client";

export type Counters = Schemas["CountersView"];

export type UsageSeries = Schemas["UsageSeries"];
export type SeriesItem = Schemas["SeriesItem"];
export type SeriesPoint = Schemas["SeriesPoint"];

export type Cap = Shown<Schemas["CapSettings"]>;
export type CapItem = Shown<Schemas["CapItem"]>;
export type Prices = Shown<Schemas["PriceSettings"]>;

export const NOTHING: Counters = {
  requests: 0,
  failures: 0,
  bytes_sent: 0,
  bytes_received: 0,
  average_latency_ms: null,
};

/** Since so many hours ago; to the minute, so that asking again asks for the same. */
export function usageQuery(project: string, hours: number, level: "project" | "connectors") {
  return queryOptions({
    queryKey: ["projects", project, "usage", level, hours],
    queryFn: async () => {
      const since = new Date(Date.now() - hours * 3_600_000).toISOString();
      const params = { path: { project }, query: { level, since } };
      return shown(await answered(client.GET("/api/v1/projects/{project}/usage", { params })));
    },
    refetchInterval: 5_000,
  });
}

/** The share of requests that succeeded; `null`: there were none. */
export function success({ requests, failures }: Counters): number | null {
  return requests === 0 ? null : (requests - failures) / requests;
}

/** Of what usage is wanted: of one thing, or of all that a project used. */
export interface UsageFilter {
  connector_id?: string;
  host?: string;
  country?: string;
}

export type Level = "project" | "connectors" | "hosts" | "countries";

export interface Span {
  hours: number;
  /** Seconds, or `auto`. */
  step: string;
}

/** Over time: of a project at a level, of one thing in it, or (without a project) of all together. */
export function seriesQuery(project: string | undefined, span: Span, level: Level, filter: UsageFilter) {
  return queryOptions({
    queryKey: ["projects", project ?? "all", "usage", "series", span, level, filter],
    queryFn: async ({ signal }) => {
      const from = new Date(Date.now() - span.hours * 3_600_000).toISOString();
      const range = { from, step: span.step };
      if (project === undefined)
        return answered(client.GET("/api/v1/usage/series", { params: { query: range }, signal }));
      const isOne = Object.values(filter).some((part) => part !== undefined);
      const query = { ...range, ...filter, level: isOne ? undefined : level };
      const params = { path: { project }, query };
      return answered(client.GET("/api/v1/projects/{project}/usage/series", { params, signal }));
    },
    refetchInterval: 10_000,
    // What was shown stays while the next range is read.
    placeholderData: keepPreviousData,
  });
}

/** The caps of a project and its connectors, and how far they have been reached. */
export function capsQuery(project: string) {
  return queryOptions({
    queryKey: ["projects", project, "caps"],
    queryFn: async () => {
      const params = { path: { project } };
      return shown(await answered(client.GET("/api/v1/projects/{project}/caps", { params })));
    },
    refetchInterval: 10_000,
  });
}
