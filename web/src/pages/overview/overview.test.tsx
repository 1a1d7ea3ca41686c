// The overview: the pool by state, and where its exits are.
import { screen, within } from "@testing-library/react";
import { expect, test } from "vitest";
import type { PoolStatuses } from "~/api/pool";
import { answering, show } from "../../../tests/page";
import OverviewPage from "./OverviewPage";
import { countryName, PLACES } from "./places";
import { radius, usable } from "./WorldMap";

const NONE = { healthy: 0, degraded: 0, unhealthy: 0, unknown: 0, quarantined: 0, disabled: 0, initializing: 0, draining: 0, terminating: 0 };
const statuses = (some: Partial<PoolStatuses>): PoolStatuses => ({ ...NONE, ...some });

test("every exit is counted, by state and by country", async () => {
  const countries = [
    { country: "US", total: 90_000, statuses: statuses({ healthy: 90_000 }) },
    { country: "DE", total: 10, statuses: statuses({ unhealthy: 10 }) },
    { country: null, total: 5, statuses: statuses({ disabled: 5 }) },
  ];
  answering({
    "GET /projects/p1/usage": { items: [] },
    "GET /projects/p1/connectors": { items: [] },
    "GET /projects/p1/proxies/summary": {
      node: "n1",
      total: 90_015,
      statuses: statuses({ healthy: 90_000, unhealthy: 10, disabled: 5 }),
      countries,
      connectors: [],
    },
  });
  show(OverviewPage);
  const pool = within(await screen.findByRole("region", { name: "Health of the pool" }));
  pool.getByText("90,000");
  pool.getByText("90,015 exits");
  screen.getByRole("img", { name: "A map. The most exits are in: United States 90,000, Germany 10" });
  const rows = screen.getAllByRole("row").slice(1).map((row) => row.textContent);
  expect(rows).toEqual(["United States90,000100 %", "Germany100 %", "Not known5all off"]);
});

test("usable are those that are on, and not known to be bad; areas go with numbers", () => {
  expect(usable(statuses({ healthy: 2, unknown: 1, quarantined: 1, disabled: 6 }), 10)).toBe(0.75);
  expect(usable(statuses({ disabled: 6 }), 6)).toBeNull();
  expect([radius(100, 100), radius(25, 100), radius(0, 0)]).toEqual([12, 7, 2]);
});

test("places are on earth, and have names", () => {
  for (const [code, { latitude, longitude }] of PLACES) {
    expect(code).toMatch(/^[A-Z]{2}$/);
    expect(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180, code).toBe(true);
    expect(countryName(code), code).not.toBe(code);
  }
  expect(PLACES.size).toBeGreaterThan(200);
  expect([countryName(null), countryName("??")]).toEqual(["Not known", "??"]);
});
