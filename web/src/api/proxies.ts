// The exits of a project: lists of them, and what can be done with one or with many.
import { queryOptions } from "@tanstack/react-query";
import { answered, client, ifMatch, type Schemas, type Shown, shown } from "./client";

export type Proxy = Shown<Schemas["ProxyView"]>;
export type Uploaded = Schemas["Uploaded"];
export type ProxyChange = Partial<Schemas["ProxySettings"]>;

/** Which proxies are wanted: those that fit every part. */
export interface ProxyFilter {
  connector_id?: string;
  protocol?: string;
  country?: string;
  tag?: string;
  enabled?: boolean;
  /** As the node that answers sees them. */
  status?: string;
  search?: string;
}

/** A column, and with a `-` before it the other way round. */
export type ProxyOrder =
  | "created"
  | `${"" | "-"}${"host" | "country" | "connector"}`;

/** So many rows are read at once. */
export const WINDOW = 100;

/** The rows of this window, counted from 0: only those in sight are read, and read again. */
export function windowQuery(project: string, filter: ProxyFilter, sort: ProxyOrder, at: number) {
  return queryOptions({
    queryKey: ["projects", project, "proxies", "window", filter, sort, at],
    queryFn: async ({ signal }) => {
      const query = { ...filter, sort, offset: at * WINDOW, limit: WINDOW };
      const params = { path: { project }, query };
      return shown(
        await answered(client.GET("/api/v1/projects/{project}/proxies", { params, signal })),
      );
    },
    refetchInterval: 5_000,
    gcTime: 60_000,
  });
}

export async function changeProxy(project: string, row: Proxy, change: ProxyChange) {
  const params = { path: { project, proxy: row.id }, ...ifMatch(row) };
  const body = change as Schemas["ProxySettings"];
  const call = client.PATCH("/api/v1/projects/{project}/proxies/{proxy}", { params, body });
  return shown(await answered(call));
}

export async function deleteProxy(project: string, row: Proxy): Promise<void> {
  const params = { path: { project, proxy: row.id }, ...ifMatch(row) };
  const path = "/api/v1/projects/{project}/proxies/{proxy}";
  await answered(client.DELETE(path, { params, keepalive: true }));
}

export async function quarantine(project: string, proxy: string, seconds: number): Promise<void> {
  const params = { path: { project, proxy } };
  const path = "/api/v1/projects/{project}/proxies/{proxy}/quarantine";
  await answered(client.PUT(path, { params, body: { seconds } }));
}

export async function release(project: string, proxy: string): Promise<void> {
  const params = { path: { project, proxy } };
  await answered(
    client.DELETE("/api/v1/projects/{project}/proxies/{proxy}/quarantine", { params }),
  );
}

export interface UploadOptions {
  connector_id: string;
  format?: string;
  protocol?: string;
  country?: string;
  tags?: string;
}

export async function upload(project: string, query: UploadOptions, list: Blob) {
  const call = client.POST("/api/v1/projects/{project}/proxies/upload", {
    params: { path: { project }, query },
    // As it is: the node reads lists of any size while they come.
    body: list as unknown as string,
    bodySerializer: (body) => body as never,
    headers: { "Content-Type": "text/plain" },
  });
  return answered(call);
}
