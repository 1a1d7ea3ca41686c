// Users: which projects they see, and what that means for the console.
import { fireEvent, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { roleIn, sees } from "~/api/session";
import { grantsPatch } from "~/api/users";
import { answering, show } from "../../../tests/page";
import UsersPage from "./UsersPage";

const NINA = {
  id: "u2",
  version: 4,
  username: "nina",
  email: "",
  role: "viewer",
  active: true,
  has_password: true,
  grants: { p1: "viewer" },
  created_at: "2026-11-22T01:00:00Z",
  last_login_at: null,
};

test("projects are granted one by one, and taken away, in the version that was read", async () => {
  const asked = answering({
    "GET /users": { items: [NINA], total: 1, next: null },
    "GET /projects": { items: [{ id: "p1", name: "shop" }, { id: "p2", name: "rank" }] },
    "PATCH /users/u2": NINA,
  });
  show(UsersPage);
  await screen.findByText("1 only");
  fireEvent.click(screen.getByRole("button", { name: "Actions for nina" }));
  fireEvent.click(await screen.findByRole("menuitem", { name: "Projects" }));
  fireEvent.change(await screen.findByLabelText("Role in shop"), { target: { value: "" } });
  fireEvent.change(screen.getByLabelText("Role in rank"), { target: { value: "editor" } });
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  await screen.findByText("The projects of nina are saved.");
  const patch = asked.find(({ method }) => method === "PATCH");
  expect(patch?.headers.get("if-match")).toBe('"4"');
  expect(JSON.parse(patch?.text ?? "")).toEqual({ grants: { p1: null, p2: "editor" } });
});

test("grants are patched so that no other is left", () => {
  expect(grantsPatch(null, { a: "viewer" })).toEqual({ a: "viewer" });
  expect(grantsPatch({ a: "viewer" }, null)).toBeNull();
  expect(grantsPatch({ a: "viewer", b: "editor" }, {})).toEqual({ a: null, b: null });
});

test("who sees some projects only has a role in each, and sees no page about all", () => {
  const granted = { role: "viewer", grants: { p1: "editor" } };
  expect([roleIn(granted, "p1"), roleIn(granted, "p2"), roleIn(granted, null)]).toEqual(["editor", "viewer", "viewer"]);
  expect([sees(granted, { all: true }, "p1"), sees(granted, { role: "editor" }, "p1"), sees(granted, {}, null)]).toEqual([false, true, true]);
  const admin = { role: "admin", grants: null };
  expect([roleIn(admin, "p1"), sees(admin, { all: true, role: "admin" }, null)]).toEqual(["admin", true]);
});
