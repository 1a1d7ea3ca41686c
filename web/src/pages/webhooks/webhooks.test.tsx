// Webhooks: made with a secret that is shown once, tried, changed, looked into.
import { fireEvent, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { answering, show } from "../../../tests/page";
import WebhooksPage from "./WebhooksPage";

const HOOK = { id: "w1", version: 3, revision: 9, name: "Chat", url: "https://chat.example/1", enabled: true, events: null, project_id: null };
const answers = {
  "GET /projects": { items: [{ id: "p1", name: "shop" }] },
  "GET /webhooks": { items: [HOOK], total: 1, next: null },
};

async function choose(action: string) {
  fireEvent.click(await screen.findByRole("button", { name: "Actions for Chat" }));
  fireEvent.click(await screen.findByRole("menuitem", { name: action }));
}

test("a new one shows its secret once", async () => {
  const asked = answering({
    ...answers,
    "GET /webhooks": { items: [], total: 0, next: null },
    "POST /webhooks": { ...HOOK, secret: "whsec_abc" },
  });
  show(WebhooksPage);
  fireEvent.click(await screen.findByRole("button", { name: "New webhook" }));
  fireEvent.change(await screen.findByLabelText(/^Name/), { target: { value: "Chat" } });
  fireEvent.change(screen.getByLabelText(/^Address/), { target: { value: "https://chat.example/1" } });
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  const secret = (await screen.findByLabelText("Secret of the webhook")) as HTMLInputElement;
  expect(secret.value).toBe("whsec_abc");
  const sent = JSON.parse(asked.find(({ method }) => method === "POST")?.text ?? "");
  expect(sent).toEqual({ name: "Chat", url: "https://chat.example/1", events: null, enabled: true, project_id: null });
});

test("a test says what came of it", async () => {
  answering({
    ...answers,
    "POST /webhooks/w1/test": { is_delivered: false, status: 500, error: "status", milliseconds: 12 },
  });
  show(WebhooksPage);
  await choose("Send a test");
  await screen.findByText("Chat did not take it");
  screen.getByText("It said 500 after 12 ms.");
});

test("a change names what changed alone, in the version that was read", async () => {
  const asked = answering({ ...answers, "PATCH /webhooks/w1": HOOK });
  show(WebhooksPage);
  await choose("Change");
  fireEvent.click(await screen.findByLabelText("On"));
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  await screen.findByText("Webhook Chat is saved.");
  const patch = asked.find(({ method }) => method === "PATCH");
  expect(patch?.headers.get("if-match")).toBe('"3"');
  expect(JSON.parse(patch?.text ?? "")).toEqual({ enabled: false });
});

test("what it was told is listed", async () => {
  const delivery = { id: "d1", event: "alert.opened", state: "dead", attempts: 9, status: 410, created_at: "2026-11-22T01:00:00Z" };
  answering({ ...answers, "GET /webhooks/w1/deliveries": { items: [delivery], total: 1, next: null } });
  show(WebhooksPage);
  await choose("Deliveries");
  await screen.findByText("alert.opened");
  screen.getByText("dead");
  screen.getByText("410");
});
