// Usage: what is asked for, the numbers behind the charts, the file.
import { fireEvent, screen, waitFor, within } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import type { SeriesPoint, UsageSeries } from "~/api/usage";
import { type Asked, answering, show } from "../../../tests/page";
import { csvOf, layersOf, roundUp, timesOf } from "./numbers";
import { stepsOf } from "./spans";
import UsagePage from "./UsagePage";

function point(at: string | undefined, more: Partial<SeriesPoint> = {}): SeriesPoint {
  return {
    at,
    requests: 10,
    failures: 2,
    attempts: 12,
    bytes_received: 5_000,
    bytes_sent: 1_000,
    cost_micros: 1_500_000,
    cost_per_success_micros: 187_500,
    latency_ms: { average: 90, p50: 80, p95: 210, p99: 400 },
    outcomes: { success: 8, client: 0, exit: 2, target: 0, node: 0 },
    statuses: { "1xx": 0, "2xx": 8, "3xx": 0, "4xx": 0, "5xx": 2, none: 0 },
    ...more,
  };
}

const AT = "2026-11-22T01:05:00Z";
const answer = (more: object = {}): UsageSeries => ({
  from: "2026-11-22T01:00:30Z",
  until: "2026-11-22T01:20:00Z",
  step_seconds: 300,
  series: [{ totals: point(undefined), points: [point(AT)], ...more }],
});

const SERIES = "GET /projects/p1/usage/series";

function answered() {
  return answering({
    [SERIES]: ({ path }: Asked) => {
      if (path.includes("level=connectors")) return answer({ connector_id: "c1" });
      if (path.includes("level=hosts")) return answer({ host: "shop.example" });
      return answer();
    },
    "GET /projects/p1/connectors": { items: [{ id: "c1", name: "bought" }] },
  });
}

test("charts say their numbers in words, and the table has the same", async () => {
  answered();
  show(UsagePage);
  await screen.findByRole("img", { name: /^Requests: Succeeded 8, .*Exit's fault 2/ });
  screen.getByRole("img", { name: "Latency: p50 80 ms, p95 210 ms, p99 400 ms" });
  screen.getByRole("img", { name: "Transferred: Received 5.0 kB, Sent 1.0 kB" });
  screen.getByRole("img", { name: "Cost: Cost 1.50" });
  fireEvent.click(screen.getByLabelText("By status"));
  await screen.findByRole("img", { name: /^Requests: 2xx 8, .*5xx 2/ });
  fireEvent.click(screen.getByLabelText("Table"));
  const table = within(await screen.findByRole("region", { name: "Step by step" }));
  table.getByText("210 ms");
  table.getByText("1.50");
});

test("the range, the step and one host alone are asked of the node", async () => {
  const asked = answered();
  show(UsagePage);
  await screen.findByText("bought");
  fireEvent.click(screen.getByLabelText("1 h"));
  fireEvent.change(screen.getByLabelText("What one point sums up"), { target: { value: "300" } });
  await waitFor(() => expect(asked.at(-1)?.path).toContain("step=300"));
  fireEvent.click(screen.getByLabelText("Hosts"));
  fireEvent.click(await screen.findByRole("button", { name: "shop.example" }));
  await waitFor(() => expect(asked.at(-1)?.path).toMatch(/step=300&host=shop\.example$/));
  fireEvent.click(screen.getByRole("button", { name: /everything again/ }));
  await waitFor(() => expect(screen.queryByRole("button", { name: /everything again/ })).toBeNull());
});

test("the file has every number of every step", async () => {
  const made = vi.spyOn(URL, "createObjectURL").mockReturnValue("blob:here");
  answered();
  show(UsagePage);
  await screen.findByRole("img", { name: /^Cost/ });
  fireEvent.click(screen.getByRole("button", { name: "CSV" }));
  const text = await (made.mock.calls[0]?.[0] as Blob).text();
  expect(text).toBe(csvOf([point(AT)]));
  const [head, row] = text.trim().split("\n").map((line) => line.split(","));
  const cells = Object.fromEntries((head ?? []).map((name, at) => [name, row?.[at]]));
  expect(cells).toMatchObject({ at: AT, requests: "10", outcome_exit: "2", status_5xx: "2", latency_p99_ms: "400", cost_micros: "1500000" });
});

test("steps without a request are there, and empty", () => {
  const times = timesOf(answer());
  expect(times.map((time) => new Date(time).toISOString().slice(11, 16))).toEqual(["01:00", "01:05", "01:10", "01:15"]);
  expect(layersOf("outcomes", [point(AT)], times)[0]?.values).toEqual([0, 8, 0, 0]);
  expect(layersOf("latency", [point(AT)], times)[0]?.values).toEqual([null, 80, null, null]);
});

test("scales end with round numbers, steps suit the range", () => {
  expect([0, 7, 12, 240, 260, 0.003].map(roundUp)).toEqual([1, 10, 20, 250, 500, 0.005]);
  const values = (hours: number) => stepsOf(hours).map(({ value }) => value);
  expect(values(1)).toEqual(["auto", "60", "300", "900"]);
  expect(values(720)).toEqual(["auto", "3600", "21600", "86400"]);
});
