// Sessions: listed, given another exit one by one or all at once.
import { fireEvent, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { answering, show } from "../../../tests/page";
import SessionsPage from "./SessionsPage";

const row = (session: string) => ({
  session,
  exit: "e1",
  connector_id: "c1",
  country: "DE",
  since: "2026-11-22T01:00:00Z",
  last_used_at: null,
  expires_at: null,
  shared: false,
  nodes: ["node1", "node2"],
});

test("a session is shown with its exit, and gets another one", async () => {
  const asked = answering({
    "GET /projects/p1/sessions": { items: [row("cart-7")], next: null, unanswered: ["node3"] },
    "DELETE /projects/p1/sessions/cart-7": { rotated: 1, kept: 0, unanswered: [] },
  });
  show(SessionsPage);
  await screen.findByText("cart-7");
  screen.getByText("node1, node2");
  screen.getByText("1 alive; no answer from node3");
  fireEvent.click(screen.getByRole("button", { name: "Actions for cart-7" }));
  fireEvent.click(await screen.findByRole("menuitem", { name: "Another exit" }));
  await screen.findByText("cart-7 leaves through another exit from now on.");
  expect(asked.filter(({ method }) => method === "DELETE")).toHaveLength(1);
});

test("all that begin alike are rotated at once, after a question", async () => {
  const asked = answering({
    "GET /projects/p1/sessions": { items: [row("cart-7"), row("cart-8")], next: null, unanswered: [] },
    "DELETE /projects/p1/sessions": { rotated: 1, kept: 1, unanswered: [] },
  });
  show(SessionsPage);
  fireEvent.change(await screen.findByLabelText("Begin of the name"), { target: { value: "cart" } });
  fireEvent.click(await screen.findByRole("button", { name: "Rotate those" }));
  expect(asked.some(({ method }) => method === "DELETE")).toBe(false);
  fireEvent.click(await screen.findByRole("button", { name: "Rotate" }));
  await screen.findByText("1 get another exit, 1 have no other.");
  expect(asked.find(({ method }) => method === "DELETE")?.path).toContain("prefix=cart");
});

test("without one, it is said how to begin one", async () => {
  answering({ "GET /projects/p1/sessions": { items: [], next: null, unanswered: [] } });
  show(SessionsPage);
  await screen.findByText("No session is alive");
});
