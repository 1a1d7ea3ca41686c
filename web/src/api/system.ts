// What nodes log, for administrators.
import { queryOptions } from "@tanstack/react-query";
import { answered, client, type Schemas, type Shown, shown } from "./client";

export type LogFilter = Shown<Schemas["LogFilterView"]>;
export type LogFilterSettings = Schemas["LogFilterSettings"];

export const logFilterQuery = queryOptions({
  queryKey: ["log-filter"],
  queryFn: async () => shown(await answered(client.GET("/api/v1/system/log-filter"))),
  // What was set ends by itself.
  refetchInterval: 10_000,
});

/** Without a filter, nodes log again what they were started with. */
export async function setLogFilter(body: LogFilterSettings): Promise<LogFilter> {
  return shown(await answered(client.PUT("/api/v1/system/log-filter", { body })));
}
