// Why this exit: what is asked, the stages, a refusal, and the line for a terminal.
import { fireEvent, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { answering, problem, show } from "../../../tests/page";
import { curlLine, parametersOf, urlOf } from "./asking";
import ExplainPage from "./ExplainPage";

const EXPLAIN = "POST /projects/p1/explain";
const CHOICE = {
  node: "n1",
  revision: 4,
  strategy: "round_robin",
  exit: "x1",
  refusal: null,
  stages: [
    { stage: "intended", left: 40 },
    { stage: "place", left: 12 },
    { stage: "tier", left: 12 },
  ],
  connectors: [],
  candidates: [
    { exit: "x1", connector_id: "c1", country: "US", tier: 0, weight: 1, score: 0.875, in_flight: 2, latency_p95_ms: 120 },
  ],
  session_exit: null,
  why: null,
};
const CONNECTORS = { "GET /projects/p1/connectors": { items: [{ id: "c1", name: "bought" }] } };
const EXIT = { id: "x1", protocol: "http", host: "192.0.2.9", port: 8080, username: null };

function ask(parameters = "") {
  fireEvent.change(screen.getByLabelText(/^Parameters/), { target: { value: parameters } });
  fireEvent.click(screen.getByRole("button", { name: "Explain" }));
}

test("the stages say how many each left, and the candidates their scores", async () => {
  const asked = answering({
    ...CONNECTORS,
    [EXPLAIN]: CHOICE,
    "GET /projects/p1/proxies/x1": EXIT,
  });
  show(ExplainPage);
  await screen.findByText("Ask about a request");
  ask("country-us");
  await screen.findAllByText("http://192.0.2.9:8080");
  screen.getByText("0.88");
  screen.getByText("−28");
  await screen.findByText("bought");
  const sent = asked.find(({ method }) => method === "POST")?.text ?? "";
  expect(JSON.parse(sent)).toEqual({ target: "https://example.com", parameters: "-country-us" });
  screen.getByText(/-U 'shop-country-us:YOUR_PASSWORD' 'https:\/\/example.com'/);
});

test("where nothing is left it says at which stage, and what would be answered", async () => {
  const stages = [
    { stage: "intended", left: 3 },
    { stage: "place", left: 0 },
    { stage: "tier", left: 0 },
  ];
  const refusal = {
    status: 503,
    error: "destination_unavailable",
    detail: "the project has no exit for this request",
    retry_after_seconds: 1,
  };
  answering({
    ...CONNECTORS,
    [EXPLAIN]: { ...CHOICE, exit: null, refusal, stages, candidates: [] },
  });
  show(ExplainPage);
  await screen.findByText("Ask about a request");
  ask("-country-fr");
  await screen.findByText("It would be refused with 503");
  expect(screen.getAllByText(/None is left here/)).toHaveLength(1);
  screen.getByText(/Ask for another place/);
});

test("a mistake in the target stands beside it", async () => {
  const errors = [{ pointer: "/target", detail: "has no host" }];
  answering({ ...CONNECTORS, [EXPLAIN]: () => problem(422, "The question is wrong.", errors) });
  show(ExplainPage);
  await screen.findByText("Ask about a request");
  ask();
  await screen.findByText("Has no host");
});

test("targets and parameters become one line for a shell", () => {
  expect(urlOf("example.com:443")).toBe("https://example.com/");
  expect(urlOf("example.com:8443")).toBe("https://example.com:8443/");
  expect(urlOf("http://example.com/a")).toBe("http://example.com/a");
  expect(parametersOf(" session-a ")).toBe("-session-a");
  expect(parametersOf("")).toBe("");
  const line = curlLine({ address: "p:1", username: "u", password: "it's", target: "a:1" });
  expect(line).toBe(`curl -v -x http://p:1 -U 'u:it'\\''s' 'https://a:1/'`);
});
