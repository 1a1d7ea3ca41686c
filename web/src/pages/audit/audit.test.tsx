// The audit log: who did what, what was changed, which entries are asked for.
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { type Asked, answering, show } from "../../../tests/page";
import { valueText } from "./AuditDrawer";
import AuditPage from "./AuditPage";

const ENTRY = {
  id: "e1",
  at: "2026-11-22T01:00:00Z",
  revision: 7,
  actor: { kind: "user", id: "u1", name: "ada" },
  address: "192.0.2.1",
  request_id: "r1",
  noun: "project",
  op: "updated",
  entity_id: "p1",
  entity_name: "shop",
  project_id: "p1",
  changes: [
    { field: "max_retries", before: 2, after: 5, is_secret: false },
    { field: "password", before: null, after: null, is_secret: true },
  ],
};
const answers = {
  "GET /projects": { items: [{ id: "p1", name: "shop" }], total: 1, next: null },
};

test("an entry says who did what, and shows what was there before", async () => {
  const task = { ...ENTRY, id: "e2", actor: { kind: "node", id: null, name: "n1" }, noun: "proxy_quarantine", op: "added", entity_name: null, entity_id: null, project_id: null, changes: [] };
  answering({ ...answers, "GET /audit": { items: [ENTRY, task], total: 2, next: null } });
  show(AuditPage);
  await screen.findByText("n1 (node)");
  screen.getByText("proxy quarantine: added");
  screen.getByText("max_retries, password");
  fireEvent.click(screen.getByText("project shop: updated"));
  const rows = (await screen.findAllByRole("row")).map((row) => row.textContent);
  expect(rows).toContain("max_retries25");
  expect(rows).toContain("passwordsecretsecret");
});

test("filters are asked of the node, and the next page is read when it is wanted", async () => {
  const older = { items: [{ ...ENTRY, id: "e0" }], total: 2, next: null };
  const newest = { items: [ENTRY], total: 2, next: "e1" };
  const asked = answering({
    ...answers,
    "GET /audit": ({ path }: Asked) => (path.includes("after") ? older : newest),
  });
  show(AuditPage);
  fireEvent.click(await screen.findByRole("button", { name: "Show older ones" }));
  await waitFor(() => expect(asked.at(-1)?.path).toContain("after=e1"));
  fireEvent.change(screen.getByLabelText("What it was done to"), { target: { value: "api_key" } });
  fireEvent.change(screen.getByLabelText("When"), { target: { value: "7" } });
  await waitFor(() => expect(asked.at(-1)?.path).toMatch(/noun=api_key&from=2/));
  expect((screen.getByLabelText("When") as HTMLSelectElement).value).toBe("7");
});

test("values are told in a line", () => {
  expect(valueText(null, false)).toBe("nothing");
  expect(valueText(["a", 1], false)).toBe('["a",1]');
});
