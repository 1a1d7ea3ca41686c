// The system: what runs, and what it logs for a while.
import { fireEvent, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { type Asked, answering, problem, show } from "../../../tests/page";
import SystemPage from "./SystemPage";

const answers = {
  "GET /health": { status: "healthy", version: "1.2.3", instance_id: "n1", coordination: "alone", database: "ok" },
  "GET /cluster": { members: [{ id: "n1", role: "all", revision: 4 }], revision: 4, leases: [], tasks: [] },
};
const view = (items: object[]) => ({ instance_id: "n1", filter: "info", items });

test("a filter is set for a while, and ended before its time", async () => {
  let items: object[] = [];
  const asked = answering({
    ...answers,
    "GET /system/log-filter": () => view(items),
    "PUT /system/log-filter": ({ text }: Asked) => {
      const { filter, instance_id } = JSON.parse(text);
      items = filter === null ? [] : [{ instance_id, filter, until: "2099-01-01T00:00:00Z" }];
      return view(items);
    },
  });
  show(SystemPage);
  await screen.findByText("1.2.3");
  fireEvent.change(await screen.findByLabelText(/^What is logged/), { target: { value: "debug" } });
  fireEvent.click(screen.getByRole("button", { name: "Set" }));
  fireEvent.click(await screen.findByRole("button", { name: "End it" }));
  await screen.findByText(/Nothing is set/);
  const sent = asked.filter(({ method }) => method === "PUT").map(({ text }) => JSON.parse(text));
  expect(sent).toEqual([
    { filter: "debug", instance_id: null, seconds: 600 },
    { filter: null, instance_id: null, seconds: 1 },
  ]);
});

test("directives that are none are told beside their field", async () => {
  const mistake = { pointer: "/filter", detail: "must be a level" };
  answering({
    ...answers,
    "GET /system/log-filter": view([]),
    "PUT /system/log-filter": () => problem(422, "No.", [mistake]),
  });
  show(SystemPage);
  fireEvent.click(await screen.findByRole("button", { name: "Set" }));
  await screen.findByText("Must be a level");
  expect(screen.getByLabelText(/^What is logged/).getAttribute("aria-invalid")).toBe("true");
});
