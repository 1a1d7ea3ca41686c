// What the API reports, as forms and people get it.
import { expect, test, vi } from "vitest";
import { answered, client } from "./client";
import { asProblem, byField, fieldPath, ProblemError } from "./problem";

function answer(status: number, body: unknown, headers: Record<string, string> = {}) {
  const fields = { "Content-Type": "application/problem+json", ...headers };
  const text = JSON.stringify(body);
  vi.stubGlobal("fetch", async () => new Response(text, { status, headers: fields }));
}

test("pointers become the paths of fields", () => {
  expect(fieldPath("/rate_limit/window_seconds")).toBe("rate_limit.window_seconds");
  expect(fieldPath("/bans/0/name")).toBe("bans.0.name");
  expect(fieldPath("?limit")).toBe("limit");
  expect(fieldPath("/a~1b/~0c")).toBe("a/b.~c");
});

test("a problem is thrown with every mistake by its field", async () => {
  const errors = [{ pointer: "/name", detail: "is already taken" }];
  answer(409, { status: 409, title: "Conflict", detail: "The name is already taken.", errors });
  const call = answered(client.GET("/api/v1/users/me"));
  const problem = asProblem(await call.catch((error) => error));
  expect(problem.status).toBe(409);
  expect(byField(problem)).toEqual({ name: "Is already taken" });
});

test("a throttled login says how long to wait", async () => {
  answer(429, { status: 429, title: "Too Many", detail: "Wait." }, { "retry-after": "17" });
  const problem = asProblem(await answered(client.GET("/api/v1/users/me")).catch((error) => error));
  expect(problem.retryAfter).toBe(17);
});

test("an answer that is no problem, and none at all, are told all the same", async () => {
  vi.stubGlobal("fetch", async () => new Response("<html>", { status: 502 }));
  const bad = asProblem(await answered(client.GET("/api/v1/users/me")).catch((error) => error));
  expect(bad.status).toBe(502);
  expect(bad.message).toContain("502");
  vi.stubGlobal("fetch", async () => Promise.reject(new TypeError("Failed to fetch")));
  const none = asProblem(await answered(client.GET("/api/v1/users/me")).catch((error) => error));
  expect(none).toBeInstanceOf(ProblemError);
  expect(none.message).toContain("does not answer");
});
