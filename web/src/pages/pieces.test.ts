// What pages work out before they show it.
import { expect, test } from "vitest";
import { proxyPort, upToDate } from "~/api/cluster";
import { may } from "~/api/session";
import { safeNext } from "~/entry/LoginPage";
import { changes, lines } from "~/forms/changes";
import { warning } from "~/shell/Banner";
import { projectIn } from "~/shell/Navigation";
import { matching } from "~/shell/Palette";
import { snippets, usernameWith } from "./connect/snippets";
import { tiers } from "./connectors/weights";
import { stateOf } from "./overview/PoolHealth";
import { loginOf, makePassword } from "./projects/password";
import { reasons } from "./proxies/UploadReport";

const connector = (id: string, more: object) => {
  const usual = { id, name: id, enabled: true, weight: 1, priority: 0, kind: "static", proxy_count: 1 };
  return { ...usual, ...more };
};

test("tiers are asked in order, and leave out who has nothing to offer", () => {
  const found = tiers([
    connector("late", { priority: 2, kind: "direct", proxy_count: 0 }),
    connector("big", { weight: 3 }),
    connector("small", {}),
    connector("empty", { proxy_count: 0 }),
    connector("off", { enabled: false }),
  ]);
  expect(found.map(({ priority }) => priority)).toEqual([0, 2]);
  expect(found[0]?.shares.map(({ id, share }) => [id, share])).toEqual([["big", 0.75], ["small", 0.25]]);
});

test("an operator's decision comes first in the state of an exit", () => {
  const health = { status: "healthy", quarantined_seconds: null };
  const state = (more: object) => stateOf({ enabled: true, health, ...more } as never);
  expect(state({})).toBe("healthy");
  expect(state({ health: { ...health, quarantined_seconds: 9 } })).toBe("resting");
  expect(state({ enabled: false, health: { ...health, quarantined_seconds: 9 } })).toBe("off");
});

test("a patch names what changed alone", () => {
  const before = { name: "a", tags: ["x"], limit: { most: 1 } };
  expect(changes(before, structuredClone(before))).toEqual({});
  expect(changes(before, { ...before, tags: ["x", "y"] })).toEqual({ tags: ["x", "y"] });
  expect(lines(" a \n\nb, c\n")).toEqual(["a", "b", "c"]);
});

test("the palette finds by the beginnings of words", () => {
  const place = (title: string, words = "") => ({ to: title, title, hint: "", icon: "add" as const, words });
  const places = [place("Connect your client", "curl python"), place("Connectors"), place("Cluster")];
  const titles = (question: string) => matching(places, question).map(({ title }) => title);
  expect(titles("conn")).toEqual(["Connect your client", "Connectors"]);
  expect(titles("client con")).toEqual(["Connect your client"]);
  expect(titles("CURL")).toEqual(["Connect your client"]);
  expect(titles("nnect")).toEqual([]);
});

test("a login leads to addresses of ours alone", () => {
  expect(safeNext("/cluster?x=1")).toBe("/cluster?x=1");
  for (const bad of ["//evil.example", "/\\evil.example", "https://evil.example", "", undefined, "/login"])
    expect(safeNext(bad)).toBe("/projects");
});

test("roles, projects in addresses, nodes", () => {
  expect([may("admin", "editor"), may("viewer", "editor"), may("", "admin")]).toEqual([true, false, false]);
  expect([projectIn("/projects/x/proxies"), projectIn("/projects")]).toEqual(["x", null]);
  const member = (revision: number, addresses: string[], role = "all") => ({ revision, addresses, role });
  const members = [member(7, ["10.0.0.1:8000"], "control"), member(6, ["10.0.0.2:8081", "10.0.0.2:8000"])];
  expect(upToDate({ revision: 7, members: members as never })).toBe(1);
  expect(proxyPort(members as never)).toBe("8081");
});

test("the banner says what goes on all the same", () => {
  const health = { status: "degraded", coordination: "connected", database: "ok" } as never;
  expect(warning("live", health)).toBeNull();
  expect(warning("away", undefined)).toContain("does not answer");
  expect(warning("degraded", { ...(health as object), database: "unavailable" } as never)).toContain("Traffic goes on");
  expect(warning("degraded", { ...(health as object), coordination: "degraded" } as never)).toContain("Redis");
});

test("every snippet holds the login whole, whatever is in it", () => {
  const username = usernameWith("shop", { country: "DE", session: "a1" });
  expect(username).toBe("shop-country-de-session-a1");
  const access = { username, password: `it's "so"/@`, address: "proxy.example:8080", url: "https://example.com/" };
  const all = snippets(access);
  expect(all.map(({ name }) => name)).toEqual([
    "curl", "requests", "Scrapy", "Playwright", "Puppeteer", "Go", "Java",
  ]);
  expect(all[0]?.text).toContain(`-U 'shop-country-de-session-a1:it'\\''s "so"/@'`);
  expect(all[1]?.text).toContain("it's%20%22so%22%2F%40@proxy.example:8080");
  for (const { text } of all) expect(text).toContain("proxy.example");
});

test("passwords are made to be typed, logins to be allowed", () => {
  const [one, other] = [makePassword(), makePassword()];
  expect(one).toMatch(/^[a-zA-Z2-9]{24}$/);
  expect(one).not.toBe(other);
  expect(loginOf("Köln – Preise!")).toBe("ko_ln_preise");
});

test("reasons are counted, the most frequent first", () => {
  const error = (line: number, reason: string) => ({ line, reason });
  expect(reasons([error(1, "a"), error(2, "b"), error(3, "b")])).toEqual([["b", 2], ["a", 1]]);
});
