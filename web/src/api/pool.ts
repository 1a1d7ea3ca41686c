// The exits of a project as a whole: how many are what and where, and what is done to many at once.
import { queryOptions } from "@tanstack/react-query";
import { answered, client, type Schemas } from "./client";

export type Pool = Schemas["ProxySummary"];
export type PoolStatuses = Schemas["ProxyStatuses"];
export type Bulk = Schemas["Bulk"];
export type ProxyTest = Schemas["ProxyTest"];

export function poolQuery(project: string) {
  return queryOptions({
    queryKey: ["projects", project, "proxies", "summary"],
    queryFn: () => {
      const params = { path: { project } };
      return answered(client.GET("/api/v1/projects/{project}/proxies/summary", { params }));
    },
    // Exits die and come back without anybody changing anything.
    refetchInterval: 5_000,
  });
}

/** Lets proxies rest, ends their rest, switches or deletes them; how many were concerned. */
export async function actOn(project: string, body: Bulk) {
  const params = { path: { project } };
  return answered(client.POST("/api/v1/projects/{project}/proxies/bulk", { params, body }));
}

/** Deletes exits, even when the page is being left: browsers let 64 KiB outlive it. */
export async function deleteProxies(project: string, ids: string[]) {
  const params = { path: { project } };
  const request = { params, body: { action: "delete" as const, ids }, keepalive: true };
  return answered(client.POST("/api/v1/projects/{project}/proxies/bulk", request));
}

/** Asks exits now whether they work: 50 at most. */
export async function testProxies(project: string, ids: string[]) {
  const params = { path: { project } };
  const path = "/api/v1/projects/{project}/proxies/test";
  return answered(client.POST(path, { params, body: { ids } }));
}
