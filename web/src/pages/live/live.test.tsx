// The live log: what comes in, what is asked for, what one exchange shows.
import { act, fireEvent, screen, waitFor, within } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { type Exchange, newestFirst } from "~/api/exchanges";
import { answering, type Asked, show, Source, streams } from "../../../tests/page";
import { questionOf } from "./ExchangeDrawer";
import LivePage from "./LivePage";

beforeEach(streams);

function row(id: string, more: Partial<Exchange> = {}): Exchange {
  return {
    id,
    node: "n1",
    started_at: "2026-11-22T01:00:00Z",
    kind: "connect",
    client: "192.0.2.1:5000",
    project_id: "p1",
    method: "CONNECT",
    host: `${id}.example`,
    port: 443,
    status: 200,
    exit: null,
    session: null,
    attempts: 1,
    latency_ms: 20,
    duration_ms: 25,
    bytes_sent: 100,
    bytes_received: 2000,
    ...more,
  };
}

const LIST = "GET /exchanges";
const list = (...items: Exchange[]) => ({ items, next: null, silent: [] as string[] });

test("what finishes comes on top, once, and pausing ends the stream", async () => {
  const asked = answering({ [LIST]: list(row("a", { status: 502, blame: "exit", error: "connection_refused" })) });
  show(LivePage);
  await screen.findByText(/a\.example:443/);
  screen.getByText("exit: connection_refused");
  const stream = Source.latest;
  expect(stream.address).toBe("/api/v1/live/exchanges?project_id=p1");
  act(() => {
    stream.onopen?.();
    stream.tell("exchange", row("b"));
    stream.tell("exchange", row("a"));
    stream.tell("missed", { node: "n1", count: 4 });
  });
  await screen.findByText(/2 exchanges, 4 more went by/);
  expect(screen.getAllByRole("row")[1]?.textContent).toContain("b.example");
  expect(asked.filter(({ path }) => path.startsWith("/exchanges"))).toHaveLength(1);
  fireEvent.click(screen.getByLabelText("Follow"));
  await screen.findByText("Paused");
  expect(stream.close).toHaveBeenCalled();
});

test("the list and the stream have the same filters", async () => {
  const asked = answering({
    [LIST]: ({ path }: Asked) => (path.includes("status") ? list() : list(row("a"))),
  });
  show(LivePage);
  await screen.findByText(/a\.example/);
  fireEvent.change(screen.getByLabelText("How it ended"), { target: { value: "exit" } });
  fireEvent.change(screen.getByLabelText(/^Status/), { target: { value: "5XX" } });
  await waitFor(() => expect(asked.at(-1)?.path).toMatch(/^\/exchanges\?blame=exit.*status=5xx/));
  await screen.findByText("No exchange fits");
  expect(Source.latest.address).toBe("/api/v1/live/exchanges?blame=exit&status=5xx&project_id=p1");
});

test("nodes that did not answer are named", async () => {
  answering({ [LIST]: { ...list(), silent: ["n2"] } });
  show(LivePage);
  await screen.findByText(/n2 did not answer/);
  screen.getByText("No request yet");
});

test("an exchange shows every attempt, and leads to why and to its likes", async () => {
  const one = row("a", { kind: "http", method: "GET", port: 80, session: "s1", exit: "x1", attempts: 2 });
  const tried = [
    { exit: "x0", error: "connection_timeout", started_ms: 0, ended_ms: 900 },
    { exit: "x1", error: null, started_ms: null, ended_ms: 950 },
  ];
  answering({ [LIST]: list(one), "GET /exchanges/a": { ...one, tried } });
  show(LivePage);
  fireEvent.click(await screen.findByRole("button", { name: /a\.example/ }));
  const attempts = await screen.findByRole("region", { name: "Attempts" });
  within(attempts).getByText("connection_timeout");
  within(attempts).getByText("carried it");
  const why = screen.getByRole("link", { name: "Why this exit" }).getAttribute("href") ?? "";
  expect(why).toContain("/projects/p1/explain?");
  expect(decodeURIComponent(why)).toContain("target=http://a.example:80/");
  fireEvent.click(screen.getAllByText("Only these")[1] as HTMLElement);
  await waitFor(() => expect(Source.latest.address).toContain("session=s1"));
});

test("the question about a choice has what the request had", () => {
  expect(questionOf(row("a", { session: "s1" }))).toEqual({
    target: "a.example:443",
    parameters: "-session-s1",
    client: "192.0.2.1",
  });
  expect(questionOf(row("a", { client: "[2001:db8::1]:99" })).client).toBe("2001:db8::1");
});

test("no more are kept than there is room for, and those are the ones that finished last", () => {
  const late = row("a", { duration_ms: 9_000 });
  const rows = newestFirst([row("d"), row("c")], [row("c"), row("b"), late], 2);
  expect(rows.map(({ id }) => id)).toEqual(["a", "d"]);
});
