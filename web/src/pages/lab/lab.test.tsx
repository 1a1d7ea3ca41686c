// The rules lab: what is tried, what the rules would have done, and how they are saved.
import { fireEvent, screen, waitFor } from "@testing-library/react";
import { expect, test } from "vitest";
import { base64 } from "~/parts/base64";
import { answering, problem, PROJECT, show } from "../../../tests/page";
import LabPage from "./LabPage";
import { parseAnswer } from "./pasted";

const TEST = "POST /projects/p1/bans/test";
const RULE = {
  name: "captcha",
  enabled: true,
  domains: [],
  signs: { status: ["403"], header: null, redirect: null, size: null, body: "captcha" },
  actions: { retry: true, mark_seconds: 600, quarantine_seconds: null, rotate_session: false, tag: null, replay_unsafe: false },
  dry_run: true,
  max_share: 33,
};
const WITH_RULE = { ...PROJECT, bans: [RULE] };
const verdict = { banned_by: null, counted_by: [], undecided: false };
const capture = { ...verdict, id: 1, node: "n1", status: 200, url: "http://a.example/ok", unknown: [] };
const VERDICTS = {
  answers: [{ ...verdict, banned_by: "captcha" }],
  captures: [
    { ...capture, id: 3, status: 403, url: "http://a.example/no", counted_by: ["captcha"] },
    { ...capture, id: 2, undecided: true, url: "http://a.example/cut", unknown: [{ rule: "captcha", part: "body", why: "cut" }] },
    capture,
  ],
  rules: [
    { name: "captcha", banned: 1, unknown: 1, exits: ["x1"], share_percent: 50, host_share_percent: 50, is_capped: true },
  ],
  unanswered: ["n2"],
};

test("rules are tried on records and on a pasted answer, and each says what it would have done", async () => {
  const asked = answering({ "GET /projects/p1": WITH_RULE, [TEST]: VERDICTS });
  show(LabPage);
  fireEvent.click(await screen.findByRole("button", { name: "Paste an answer" }));
  const pasted = screen.getByLabelText("Answer 1");
  fireEvent.change(pasted, { target: { value: "Forbidden" } });
  await screen.findByText(/Must begin with a status/);
  expect((screen.getByRole("button", { name: "Try them" }) as HTMLButtonElement).disabled).toBe(true);
  fireEvent.change(pasted, { target: { value: "HTTP/2 403\nX-A: b\n\na captcha" } });
  fireEvent.click(screen.getByRole("button", { name: "Try them" }));
  await screen.findByText("more than its 33 %: some would stay");
  screen.getByText("banned by captcha");
  screen.getByText("Not in the record: body (captcha)");
  screen.getByText(/1 node has not answered/);
  expect(screen.queryByText("http://a.example/ok")).toBeNull();
  const sent = JSON.parse(asked.find(({ method }) => method === "POST")?.text ?? "");
  expect(sent.rules).toEqual([RULE]);
  expect(sent.captures).toEqual({ ids: [], latest: 200, matching: null });
  expect(sent.answers).toEqual([
    { host: "example.com", status: 403, headers: [["X-A", "b"]], body_base64: base64("a captcha") },
  ]);
});

test("only the rules are saved, in the version that was read", async () => {
  const asked = answering({
    "GET /projects/p1": WITH_RULE,
    "PATCH /projects/p1": { ...WITH_RULE, version: 8, bans: [] },
  });
  show(LabPage);
  fireEvent.click(await screen.findByRole("button", { name: /captcha/ }));
  expect(screen.queryByRole("button", { name: "Save to the project" })).toBeNull();
  fireEvent.click(await screen.findByRole("button", { name: "Remove the rule" }));
  fireEvent.click(await screen.findByRole("button", { name: "Save to the project" }));
  await waitFor(() => expect(asked.at(-1)?.method).toBe("PATCH"));
  expect(asked.at(-1)?.headers.get("if-match")).toBe('"7"');
  expect(JSON.parse(asked.at(-1)?.text ?? "")).toEqual({ bans: [] });
  await screen.findByText("These are the rules of the project.");
});

test("a mistake in a rule stands beside its field", async () => {
  const errors = [{ pointer: "/rules/0/signs/body", detail: "is no expression" }];
  answering({ "GET /projects/p1": WITH_RULE, [TEST]: () => problem(422, "A rule is wrong.", errors) });
  show(LabPage);
  fireEvent.click(await screen.findByRole("button", { name: /captcha/ }));
  fireEvent.click(screen.getByRole("button", { name: "Try them" }));
  await screen.findByText("Is no expression");
  // And above, because the rule may be folded up.
  screen.getByText("bans.0.signs.body");
});

test("pasted answers lose what no longer holds once they are text", () => {
  const text = "HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nServer: x\r\n\r\nhé";
  const body_base64 = "aMOp";
  expect(parseAnswer({ host: " a.example ", text })).toEqual({
    host: "a.example",
    status: 200,
    headers: [["Server", "x"]],
    body_base64,
  });
  expect(parseAnswer({ host: "a", text: "429" })?.status).toBe(429);
  expect(parseAnswer({ host: "", text: "429" })).toBeNull();
  expect(parseAnswer({ host: "a", text: "HTTP/1.1 nothing" })).toBeNull();
});
