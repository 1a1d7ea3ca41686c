// The inspector: what is listed, what comes in, what one record shows, and how it is switched on.
import { act, fireEvent, screen, waitFor } from "@testing-library/react";
import { beforeEach, expect, test } from "vitest";
import { type Capture, harAddress, together } from "~/api/captures";
import { answering, PROJECT, show, Source, streams } from "../../../tests/page";
import InspectorPage from "./InspectorPage";

beforeEach(streams);

function row(id: number, more: Partial<Capture> = {}): Capture {
  return {
    id,
    node: "n1",
    started_at: "2026-11-22T01:00:00Z",
    kind: "http",
    client: "192.0.2.1:5000",
    target: "shop.example:80",
    method: "GET",
    url: `http://shop.example/${id}`,
    status: 200,
    exit: null,
    session: null,
    attempts: 1,
    blame: null,
    banned_by: null,
    tags: [],
    timings_ms: { exit: 2, tls: null, first_byte: 20, total: 25 },
    bytes_sent: 100,
    bytes_received: 2000,
    protocols: { client: "http/1.1", target: null },
    ...more,
  };
}

const LIST = "GET /projects/p1/captures";
const list = (...items: Capture[]) => ({ node: "n1", items, next: null });

test("records are listed, and new ones come on top", async () => {
  answering({ [LIST]: list(row(1, { status: 403, banned_by: "captcha" })) });
  show(InspectorPage);
  await screen.findByText("banned by captcha");
  act(() => {
    Source.latest.onopen?.();
    Source.latest.tell("capture", row(2));
    Source.latest.tell("capture", row(1));
    Source.latest.tell("missed", { count: 3 });
  });
  await screen.findByText("Live");
  await screen.findByText(/2 exchanges, 3 more went by/);
  const rows = screen.getAllByRole("row").slice(1);
  expect(rows[0]?.textContent).toContain("shop.example/2");
});

test("the list, the stream and the file have the same filters", async () => {
  const asked = answering({ [LIST]: list(row(1)) });
  show(InspectorPage);
  await screen.findByText(/shop.example\/1/);
  fireEvent.change(screen.getByLabelText("How it ended"), { target: { value: "failed" } });
  fireEvent.change(screen.getByLabelText(/^Status/), { target: { value: "5xx" } });
  await waitFor(() => expect(asked.at(-1)?.path).toMatch(/failed=true.*status=5xx|status=5xx.*failed=true/));
  expect(Source.latest.address).toContain("status=5xx");
  const link = screen.getByRole("link", { name: "HAR" });
  expect(link.getAttribute("href")).toContain("failed=true");
  expect(harAddress("p1", { text: "a b&c" })).toBe("/api/v1/projects/p1/captures.har?text=a+b%26c");
});

test("a record shows its messages, what was taken out of them, and that there was more", async () => {
  const content = { media_type: "text/html", size: 9000, text: "<html>", truncated: true };
  answering({
    [LIST]: list(row(1, { sent_tls: { ja3: "3".repeat(32), ja4: "t13d1516h2" } })),
    "GET /projects/p1/captures/1": {
      ...row(1),
      request: {
        method: "GET",
        url: "http://shop.example/1",
        version: "HTTP/1.1",
        fields: [{ name: "Authorization", value: "[redacted]" }],
        content: { media_type: "", size: 10, text: "", truncated: false, withheld: "multipart" },
      },
      response: { status: 200, reason: "OK", version: "HTTP/1.1", fields: [], content },
    },
  });
  show(InspectorPage);
  fireEvent.click(await screen.findByRole("button", { name: /shop.example\/1/ }));
  await screen.findByText(/t13d1516h2/);
  screen.getByText("Head of the answer");
  fireEvent.click(screen.getByRole("tab", { name: "Request" }));
  await screen.findByText(/taken out before it was kept/);
  screen.getByText(/has several parts/);
  fireEvent.click(screen.getByRole("tab", { name: "Response" }));
  await screen.findByText("<html>");
  screen.getByText(/only the beginning was kept/);
});

test("where inspection is off, one click switches it on in the version that was read", async () => {
  const off = { ...PROJECT, inspection: { permille: 0, keep: 50, body_bytes: 0 } };
  const on = { ...off, version: 8, inspection: { permille: 1000, keep: 50, body_bytes: 4096 } };
  const asked = answering({
    [LIST]: list(),
    "GET /projects/p1": off,
    "PATCH /projects/p1": on,
  });
  show(InspectorPage);
  fireEvent.click(await screen.findByRole("button", { name: "Record every exchange" }));
  await screen.findByText("Nothing is recorded yet");
  const patch = asked.find(({ method }) => method === "PATCH");
  expect(patch?.headers.get("if-match")).toBe('"7"');
  expect(JSON.parse(patch?.text ?? "")).toEqual({ inspection: on.inspection });
});

test("viewers are told who can switch it on, and cannot clear", async () => {
  answering({
    [LIST]: list(),
    "GET /users/me": { id: "u2", username: "vi", role: "viewer" },
    "GET /projects/p1": { ...PROJECT, inspection: { permille: 0, keep: 50, body_bytes: 0 } },
  });
  show(InspectorPage);
  await screen.findByText(/An editor can switch it on/);
  expect(screen.queryByRole("button", { name: "Record every exchange" })).toBeNull();
});

test("clearing asks first, and then forgets what the stream has told, too", async () => {
  let rows = [row(1)];
  const asked = answering({
    [LIST]: () => list(...rows),
    "DELETE /projects/p1/captures": () => {
      rows = [];
      return { node: "n1", deleted: 1 };
    },
  });
  show(InspectorPage);
  fireEvent.click(await screen.findByRole("button", { name: "Clear" }));
  expect(asked.some(({ method }) => method === "DELETE")).toBe(false);
  fireEvent.click(await screen.findByRole("button", { name: "Forget them" }));
  await screen.findByText("Nothing is recorded yet");
});

test("numbers of records are those of their node", () => {
  const both = together([row(2), row(1)], [row(1), row(1, { node: "n2" })]);
  expect(both.map(({ node, id }) => `${node} ${id}`).sort()).toEqual(["n1 1", "n1 2", "n2 1"]);
});
