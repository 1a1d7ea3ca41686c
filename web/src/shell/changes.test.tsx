// What others change is shown: by the stream, and by asking while there is none.
import { act, screen, waitFor } from "@testing-library/react";
import { useQuery } from "@tanstack/react-query";
import { beforeEach, expect, test, vi } from "vitest";
import { type Change, concerns } from "~/api/changes";
import { connectorsQuery } from "~/api/connectors";
import ClusterPage from "~/pages/cluster/ClusterPage";
import { answering, show, Source, streams } from "../../tests/page";
import { useChanges } from "./useChanges";

beforeEach(streams);

function Connectors() {
  useChanges();
  const { data } = useQuery(connectorsQuery("p1"));
  return <p>{data?.items.map(({ name }) => name).join(" ")}</p>;
}

const change = (noun: string, more: Partial<Change> = {}): Change => {
  return { noun, op: "updated", id: "x", project_id: null, revision: 7, ...more };
};

function connectors() {
  const names = ["first"];
  const asked = answering({
    "GET /projects/p1/connectors": () => ({ items: names.map((name) => ({ id: name, name })) }),
  });
  show(Connectors);
  return { names, reads: () => asked.filter(({ path }) => path.includes("connectors")).length };
}

test("a change of another node is shown, one of another project is not asked for", async () => {
  const { names, reads } = connectors();
  await screen.findByText("first");
  expect(Source.latest.address).toBe("/api/v1/live/changes");
  names.push("second");
  act(() => Source.latest.tell("change", change("connector", { project_id: "p2" })));
  act(() => Source.latest.tell("change", change("connector", { project_id: "p1" })));
  await screen.findByText("first second");
  expect(reads()).toBe(2);
});

test("while the stream is away it is asked now and then, and at once when it is back", async () => {
  const { names, reads } = connectors();
  await screen.findByText("first");
  vi.useFakeTimers({ toFake: ["setInterval", "clearInterval"] });
  act(() => Source.latest.onerror?.());
  names.push("polled");
  act(() => void vi.advanceTimersByTime(10_000));
  vi.useRealTimers();
  await screen.findByText("first polled");
  names.push("back");
  act(() => Source.latest.onopen?.());
  await screen.findByText("first polled back");
  expect(reads()).toBe(3);
});

test("who sees some projects only is told nothing about all, and opens no stream", async () => {
  Source.latest = undefined as never;
  answering({
    "GET /users/me": { id: "u2", username: "greta", role: "viewer", grants: { p1: "viewer" } },
    "GET /projects/p1/connectors": { items: [{ id: "c1", name: "only" }] },
  });
  show(Connectors);
  await screen.findByText("only");
  expect(Source.latest).toBeUndefined();
});

test("the nodes follow their stream", async () => {
  const member = { id: "n1", role: "all", revision: 4, started_at: "2026-11-22T01:00:00Z", addresses: [], requests_per_second: 0, in_flight: 0, exits_owned: 0 };
  const cluster = { instance_id: "n1", coordination: "connected", revision: 4, members: [member], leases: [], tasks: [] };
  const asked = answering({ "GET /cluster": cluster });
  show(ClusterPage);
  await screen.findByText("live on 1 of 1");
  expect(Source.latest.address).toBe("/api/v1/live/cluster");
  act(() => {
    Source.latest.onopen?.();
    Source.latest.tell("cluster", { ...cluster, members: [member, { ...member, id: "n2", revision: 3 }] });
  });
  await screen.findByText("live on 1 of 2");
  expect(asked.filter(({ path }) => path === "/cluster")).toHaveLength(1);
});

test("a change concerns what shows it, and nothing that streams bring", () => {
  const about = (queryKey: unknown[], of: Change, pages = 1) =>
    concerns(of, { queryKey, state: { data: { pages: Array(pages).fill(0) } } as never });
  const proxies = ["projects", "p1", "proxies", {}];
  expect(about(proxies, change("proxy"))).toBe(true);
  expect(about(proxies, change("proxy"), 11)).toBe(false);
  expect(about(proxies, change("user"))).toBe(false);
  expect(about(["projects", "p1", "captures"], change("anything"))).toBe(false);
  expect(about(["audit", {}], change("credential"))).toBe(true);
  expect(about(["api-keys"], change("api_key"))).toBe(true);
  expect(about(["webhooks"], change("webhook"))).toBe(true);
  expect(about(["projects"], change("project"))).toBe(true);
  expect(about(["projects", "p1"], change("project", { project_id: "p1" }))).toBe(true);
  expect(about(["projects", "p1", "usage"], change("anything"))).toBe(false);
});

test("a tab that is out of sight has no stream, and reads anew when it is back", async () => {
  const { names } = connectors();
  await screen.findByText("first");
  const first = Source.latest;
  const see = (state: string) =>
    act(() => {
      Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    });
  see("hidden");
  await waitFor(() => expect(first.close).toHaveBeenCalled());
  names.push("later");
  see("visible");
  await screen.findByText("first later");
  expect(Source.latest).not.toBe(first);
});
