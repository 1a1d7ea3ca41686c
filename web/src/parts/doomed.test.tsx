// Deletes that can be taken back: at once out of sight, sent later, once.
import { act, fireEvent, screen, waitFor } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import CredentialsPage from "~/pages/credentials/CredentialsPage";
import { type Asked, answering, problem, show } from "../../tests/page";
import { flushDoomed } from "./doomed";

afterEach(() => act(flushDoomed));

const row = (id: string) => ({ id, project_id: "p1", version: 2, name: id, field_names: ["username"], created_at: null });

function credentials(answer: (asked: Asked) => unknown = () => new Response(null, { status: 204 })) {
  let items = [row("first"), row("second")];
  const asked = answering({
    "GET /projects/p1/credentials": () => ({ items }),
    "GET /projects/p1/connectors": { items: [] },
    "DELETE /projects/p1/credentials/first": (one: Asked) => {
      const answered = answer(one) as Response;
      if (answered.ok) items = [row("second")];
      return answered;
    },
  });
  show(CredentialsPage);
  return () => asked.filter(({ method }) => method === "DELETE");
}

async function remove() {
  fireEvent.click(await screen.findByRole("button", { name: "Actions for first" }));
  fireEvent.click(await screen.findByRole("menuitem", { name: "Delete" }));
  await screen.findByText("Credential first is deleted.");
  expect(screen.queryByText("first")).toBeNull();
}

test("what is taken back is there again, and nothing was sent", async () => {
  const deletes = credentials();
  await remove();
  fireEvent.click(screen.getByRole("button", { name: "Undo" }));
  await screen.findByText("first");
  await act(flushDoomed);
  expect(deletes()).toEqual([]);
});

test("it is sent when the notice is gone, in the version that was seen, once", async () => {
  const deletes = credentials();
  await remove();
  fireEvent.click(screen.getByRole("button", { name: "Close" }));
  await waitFor(() => expect(deletes()).toHaveLength(1));
  expect(deletes()[0]?.headers.get("if-match")).toBe('"2"');
  await act(flushDoomed);
  expect(deletes()).toHaveLength(1);
  expect(screen.queryByText("first")).toBeNull();
});

test("leaving the page sends what waits", async () => {
  const deletes = credentials();
  await remove();
  act(() => void window.dispatchEvent(new Event("pagehide")));
  await waitFor(() => expect(deletes()).toHaveLength(1));
});

test("what the node refuses is there again, with the reason", async () => {
  credentials(() => problem(409, "A connector uses it."));
  await remove();
  fireEvent.click(screen.getByRole("button", { name: "Close" }));
  await screen.findByText("Credential first is still there");
  screen.getByText("A connector uses it.");
  await screen.findByText("first");
});
