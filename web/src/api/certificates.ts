// The roots that interception signs with.
import { queryOptions } from "@tanstack/react-query";
import { answered, client, type Schemas, shown } from "./client";

export type Root = Schemas["RootView"];
export type NewRoot = Schemas["NewRoot"];

export const rootsQuery = queryOptions({
  queryKey: ["roots"],
  queryFn: async () => shown(await answered(client.GET("/api/v1/mitm/roots"))),
});

export async function createRoot(body: NewRoot) {
  return answered(client.POST("/api/v1/mitm/roots", { body }));
}

export async function deleteRoot(fingerprint: string): Promise<void> {
  const params = { path: { fingerprint } };
  await answered(client.DELETE("/api/v1/mitm/roots/{fingerprint}", { params }));
}
