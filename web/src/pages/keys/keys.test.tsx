// API keys: made, shown once, revoked.
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { answering, show } from "../../../tests/page";
import { expiry } from "./KeyForm";
import KeysPage from "./KeysPage";

const KEY = {
  id: "k1",
  user_id: "u1",
  name: "export",
  role: "viewer",
  projects: ["p1", "gone"],
  created_at: "2026-11-22T01:00:00Z",
  expires_at: "2020-01-01T00:00:00Z",
  last_used_at: null,
};
const answers = {
  "GET /projects": { items: [{ id: "p1", name: "shop" }], total: 1, next: null },
  "GET /users": { items: [{ id: "u1", username: "ada" }], total: 1, next: null },
};

test("a key is made with a role and an end, and shown once", async () => {
  let items: object[] = [];
  const asked = answering({
    ...answers,
    "GET /api-keys": () => ({ items, total: items.length, next: null }),
    "POST /api-keys": () => {
      items = [KEY];
      return { ...KEY, key: "octoprox_secret" };
    },
  });
  show(KeysPage);
  fireEvent.click(await screen.findByRole("button", { name: "New key" }));
  fireEvent.change(await screen.findByLabelText(/^Name/), { target: { value: "export" } });
  fireEvent.click(screen.getByRole("button", { name: "Make the key" }));
  const shown = (await screen.findByLabelText("API key")) as HTMLInputElement;
  expect(shown.value).toBe("octoprox_secret");
  const sent = JSON.parse(asked.find(({ method }) => method === "POST")?.text ?? "");
  expect(sent).toMatchObject({ name: "export", role: "viewer", projects: null });
  expect(Date.parse(sent.expires_at)).toBeGreaterThan(Date.now() + 89 * 86_400_000);
  fireEvent.click(screen.getByRole("button", { name: "Done" }));
  await waitFor(() => expect(screen.queryByLabelText("API key")).toBeNull());
  screen.getByText("expired");
  screen.getByText("shop, one that is gone");
});

test("revoking asks first", async () => {
  const asked = answering({
    ...answers,
    "GET /api-keys": { items: [KEY], total: 1, next: null },
    "DELETE /api-keys/k1": () => new Response(null, { status: 204 }),
  });
  show(KeysPage);
  fireEvent.click(await screen.findByRole("button", { name: "Actions for export" }));
  fireEvent.click(await screen.findByRole("menuitem", { name: "Revoke" }));
  expect(asked.some(({ method }) => method === "DELETE")).toBe(false);
  fireEvent.click(await screen.findByRole("button", { name: "Revoke" }));
  await screen.findByText(/worth nothing any more/);
});

test("an end is so many days away, or there is none", () => {
  expect(expiry("30", 0)).toBe("1970-01-31T00:00:00.000Z");
  expect(expiry("")).toBeNull();
});
