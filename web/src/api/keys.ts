// Keys that programs call the API with.
import { queryOptions } from "@tanstack/react-query";
import { answered, client, type Schemas, type Shown, shown } from "./client";

export type ApiKey = Shown<Schemas["ApiKeyView"]>;
export type NewKey = Schemas["ApiKeySettings"];
export type MadeKey = Schemas["ApiKeyMade"];

export const keysQuery = queryOptions({
  queryKey: ["api-keys"],
  queryFn: async () =>
    shown(await answered(client.GET("/api/v1/api-keys", { params: { query: { limit: 1000 } } }))),
});

export async function createKey(body: NewKey): Promise<MadeKey> {
  return answered(client.POST("/api/v1/api-keys", { body }));
}

export async function deleteKey(row: ApiKey): Promise<void> {
  await answered(client.DELETE("/api/v1/api-keys/{key}", { params: { path: { key: row.id } } }));
}
