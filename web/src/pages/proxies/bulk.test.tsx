// What is done to many exits at once is one call, for those that are selected or for all that fit.
import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { afterEach, expect, test } from "vitest";
import type { Proxy, ProxyFilter } from "~/api/proxies";
import { answering, show } from "../../../tests/page";
import { flushDoomed } from "~/parts/doomed";
import { BulkBar } from "./BulkBar";
import { ProxyRow } from "./ProxyRow";

afterEach(() => act(flushDoomed));

const row = (id: string) => ({ id, version: 1, host: id, port: 1, protocol: "http" }) as Proxy;

function bar(rows: Proxy[], filter: ProxyFilter = {}) {
  show(() => (
    <BulkBar project="p1" filter={filter} total={70_000} rows={rows} clear={() => {}} />
  ));
}

test("those that are selected rest", async () => {
  const asked = answering({
    "POST /projects/p1/proxies/bulk": { matched: 2, changed: 2, unknown: [] },
  });
  bar([row("a"), row("b")]);
  fireEvent.click(await screen.findByRole("button", { name: "Quarantine" }));
  fireEvent.click(await screen.findByRole("menuitem", { name: "An hour" }));
  await screen.findByText("2 rest now.");
  const sent = asked.filter(({ method }) => method === "POST");
  expect(sent).toHaveLength(1);
  expect(JSON.parse(sent[0]?.text ?? "")).toEqual({
    action: "quarantine",
    seconds: 3600,
    ids: ["a", "b"],
  });
});

test("all that fit are turned off without being read", async () => {
  const asked = answering({
    "POST /projects/p1/proxies/bulk": { matched: 70_000, changed: 69_999, unknown: [] },
  });
  bar([], { country: "DE", status: "unhealthy" });
  fireEvent.click(await screen.findByRole("button", { name: "Actions for all that fit" }));
  fireEvent.click(await screen.findByRole("menuitem", { name: "Turn all off" }));
  await screen.findByText(/69.999 turned off\./);
  const sent = asked.find(({ method }) => method === "POST");
  expect(JSON.parse(sent?.text ?? "")).toEqual({
    action: "disable",
    filter: { country: "DE", status: "unhealthy" },
  });
});

/** The notice that says so, among those of others. */
async function told(text: string) {
  const notice = (await screen.findByText(text)).closest<HTMLElement>("[role=alert]");
  return within(notice ?? document.body);
}

const GONE = { matched: 2, changed: 2, unknown: [] };

test("those that are selected are deleted in one call, when nobody can take it back any more", async () => {
  const asked = answering({ "POST /projects/p1/proxies/bulk": GONE });
  bar([row("a"), row("b")]);
  fireEvent.click(await screen.findByRole("button", { name: "Delete" }));
  const notice = await told("2 proxies are deleted.");
  expect(asked.filter(({ method }) => method === "POST")).toEqual([]);
  fireEvent.click(notice.getByRole("button", { name: "Close" }));
  await waitFor(() => expect(asked.filter(({ method }) => method === "POST")).toHaveLength(1));
  const sent = asked.find(({ method }) => method === "POST");
  expect(JSON.parse(sent?.text ?? "")).toEqual({ action: "delete", ids: ["a", "b"] });
});

test("rows that are deleted are struck out until that is taken back", async () => {
  const asked = answering({ "POST /projects/p1/proxies/bulk": GONE });
  const live = { requests: 0, failures: 0 };
  const health = { status: "healthy", in_flight: 0, consecutive_failures: 0 };
  const rows = ["a", "b"].map((id) => ({ ...row(id), enabled: true, live, health }) as unknown as Proxy);
  show(() => (
    <>
      <BulkBar project="p1" filter={{}} total={2} rows={rows.slice(0, 1)} clear={() => {}} />
      {rows.map((proxy, index) => (
        <ProxyRow
          key={proxy.id}
          project="p1"
          proxy={proxy}
          connector="own"
          index={index}
          top={0}
          selected={false}
        />
      ))}
    </>
  ));
  const struck = () => screen.getAllByRole("row").map((one) => one.dataset.doomed !== undefined);
  fireEvent.click(await screen.findByRole("button", { name: "Delete" }));
  const notice = await told("1 proxy is deleted.");
  expect(struck()).toEqual([true, false]);
  expect(screen.getAllByRole("button", { name: /^Actions for http/ })).toHaveLength(1);
  fireEvent.click(notice.getByRole("button", { name: "Undo" }));
  await waitFor(() => expect(struck()).toEqual([false, false]));
  await act(flushDoomed);
  expect(asked.filter(({ method }) => method === "POST")).toEqual([]);
});

test("all are deleted only by who types the word", async () => {
  const asked = answering({
    "POST /projects/p1/proxies/bulk": { matched: 70_000, changed: 70_000, unknown: [] },
  });
  bar([]);
  fireEvent.click(await screen.findByRole("button", { name: "Actions for all proxies" }));
  fireEvent.click(await screen.findByRole("menuitem", { name: "Delete all" }));
  const them = await screen.findByRole("button", { name: "Delete them" });
  fireEvent.click(them);
  expect(asked.some(({ method }) => method === "POST")).toBe(false);
  fireEvent.change(screen.getByRole("textbox"), { target: { value: "delete" } });
  fireEvent.click(them);
  await screen.findByText(/are gone\./);
  const sent = asked.find(({ method }) => method === "POST");
  expect(JSON.parse(sent?.text ?? "")).toEqual({ action: "delete", all: true });
});

test("a few are tested, and why one fails is said", async () => {
  const tested = { node: "n", status: "healthy" };
  answering({
    "POST /projects/p1/proxies/test": {
      items: [
        { ...tested, proxy_id: "a", ok: true, latency_ms: 3 },
        { ...tested, proxy_id: "b", ok: false, error: "connection_refused", detail: "It refuses." },
      ],
      unknown: [],
    },
  });
  bar([row("a"), row("b")]);
  fireEvent.click(await screen.findByRole("button", { name: "Test now" }));
  await screen.findByText("1 of 2 passed. One says: It refuses.");
});
