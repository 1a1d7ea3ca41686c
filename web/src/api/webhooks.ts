// Receivers of alerts elsewhere, what they were told, and how they are tried.
import { queryOptions } from "@tanstack/react-query";
import { answered, client, ifMatch, type Schemas } from "./client";

export type Webhook = Schemas["WebhookView"];
export type WebhookSettings = Schemas["WebhookSettings"];
export type MadeWebhook = Schemas["WebhookMade"];
export type Delivery = Schemas["WebhookDelivery"];

export const webhooksQuery = queryOptions({
  queryKey: ["webhooks"],
  queryFn: () => answered(client.GET("/api/v1/webhooks", { params: { query: { limit: 1000 } } })),
});

export function deliveriesQuery(webhook: string) {
  return queryOptions({
    queryKey: ["webhooks", webhook, "deliveries"],
    queryFn: () => {
      const params = { path: { webhook }, query: { limit: 100 } };
      return answered(client.GET("/api/v1/webhooks/{webhook}/deliveries", { params }));
    },
    refetchInterval: 5_000,
  });
}

export async function createWebhook(body: WebhookSettings): Promise<MadeWebhook> {
  return answered(client.POST("/api/v1/webhooks", { body }));
}

export async function changeWebhook(row: Webhook, change: Partial<WebhookSettings>): Promise<Webhook> {
  const params = { path: { webhook: row.id }, ...ifMatch(row) };
  const body = change as WebhookSettings;
  return answered(client.PATCH("/api/v1/webhooks/{webhook}", { params, body }));
}

export async function deleteWebhook(row: Webhook): Promise<void> {
  const params = { path: { webhook: row.id }, ...ifMatch(row) };
  await answered(client.DELETE("/api/v1/webhooks/{webhook}", { params, keepalive: true }));
}

/** Sends a `ping`, once, and says what came of it. */
export async function tryWebhook(row: Webhook) {
  const params = { path: { webhook: row.id } };
  return answered(client.POST("/api/v1/webhooks/{webhook}/test", { params }));
}
