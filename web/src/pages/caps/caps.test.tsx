// Caps and prices: what is spent, and how they are changed.
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test } from "vitest";
import { answering, PROJECT, problem, show } from "../../../tests/page";
import CapsPage from "./CapsPage";
import { amount, capsOf, pricesText, valuesOf } from "./values";

const CAP = { measure: "bytes", limit: 10_000_000_000, period: "month", action: "block", status: 509 };
const SPENT = { used: 9_000_000_000, percent: 90, is_reached: false, cost_micros: 40_500_000, from: "2026-11-01T00:00:00Z", resets_at: "2026-12-01T00:00:00Z" };
const CONNECTOR = {
  id: "c1",
  project_id: "p1",
  version: 3,
  name: "bought",
  caps: [] as unknown[],
  prices: { per_gb_micros: 4_500_000, per_request_micros: 0, per_proxy_month_micros: 0 },
};

const answers = {
  "GET /projects/p1": { ...PROJECT, caps: [CAP] },
  "GET /projects/p1/caps": { items: [{ ...CAP, ...SPENT }] },
  "GET /projects/p1/connectors": { items: [CONNECTOR] },
};

test("what is spent of each cap is told, and what traffic costs", async () => {
  answering(answers);
  show(CapsPage);
  const project = within(await screen.findByRole("region", { name: "Project shop" }));
  project.getByText("nearly reached");
  project.getByText("9.0 GB of 10.0 GB a month, 90.0 %");
  project.getByText("40.50");
  const bought = within(screen.getByRole("region", { name: "bought" }));
  bought.getByText("Its traffic costs 4.50 a GB.");
  bought.getByText(/No cap/);
});

test("a cap and a price of a connector are saved in the version that was read", async () => {
  const asked = answering({ ...answers, "PATCH /projects/p1/connectors/c1": CONNECTOR });
  show(CapsPage);
  fireEvent.click(await screen.findByRole("button", { name: "Change caps of bought" }));
  fireEvent.click(await screen.findByRole("button", { name: "Add a cap" }));
  fireEvent.change(screen.getByLabelText(/^At most/), { target: { value: "2.5" } });
  fireEvent.change(screen.getByLabelText("A gigabyte costs"), { target: { value: "3" } });
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  await screen.findByText("The caps of bought are saved.");
  const patch = asked.find(({ method }) => method === "PATCH");
  expect(patch?.headers.get("if-match")).toBe('"3"');
  expect(JSON.parse(patch?.text ?? "")).toEqual({
    caps: [{ measure: "bytes", limit: 2_500_000_000, period: "month", action: "alert", status: 509 }],
    prices: { per_gb_micros: 3_000_000, per_request_micros: 0, per_proxy_month_micros: 0 },
  });
});

test("a limit that cannot be stands beside its field; a conflict has two ways on", async () => {
  const mistake = problem(422, "No.", [{ pointer: "/caps/0/limit", detail: "must be from 1" }]);
  const turns = [mistake, problem(412, "Somebody was faster.")];
  const asked = answering({ ...answers, "PATCH /projects/p1": () => turns.shift() ?? PROJECT });
  show(CapsPage);
  fireEvent.click(await screen.findByRole("button", { name: "Change caps of Project shop" }));
  fireEvent.click(await screen.findByRole("button", { name: "Save" }));
  await screen.findByText("Must be from 1");
  fireEvent.click(screen.getByRole("button", { name: "Save" }));
  fireEvent.click(await screen.findByRole("button", { name: "Save mine" }));
  await waitFor(() => expect(asked.filter(({ method }) => method === "PATCH")).toHaveLength(3));
  expect(JSON.parse(asked.findLast(({ method }) => method === "PATCH")?.text ?? "")).toEqual({ caps: [CAP] });
});

test("viewers see caps and change none", async () => {
  answering({ ...answers, "GET /users/me": { id: "u2", username: "vi", role: "viewer" } });
  show(CapsPage);
  await screen.findByText("nearly reached");
  expect(screen.queryByRole("button", { name: /^Change/ })).toBeNull();
});

test("what is typed and what is sent are the same", () => {
  const caps = [CAP, { ...CAP, measure: "cost", limit: 50_000_000 }, { ...CAP, measure: "requests", limit: 7 }];
  const values = valuesOf(caps, null);
  expect(values.caps.map(({ limit }) => limit)).toEqual([10, 50, 7]);
  expect(capsOf(values)).toEqual(caps);
  expect(["bytes", "cost", "requests"].map((measure) => amount(measure, 2_000_000))).toEqual(["2.0 MB", "2.00", "2,000,000 requests"]);
  expect(pricesText({ per_gb_micros: 0, per_request_micros: 100, per_proxy_month_micros: 1e6 })).toBe("0.0001 a request, 1.00 a proxy and month");
});
