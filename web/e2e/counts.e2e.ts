// So many requests through three nodes: clients, the API, the metrics and the console count the same.
import { Agent, request } from "node:http";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch, logIn, open, picture, type Window } from "./browser";
import { type Cluster, cluster } from "./cluster";
import { ADMIN, call, upload } from "./furnish";
import { EXIT } from "./world";

/** 100,000 is what an installation has to stand for; a run that many people wait for asks less. */
const REQUESTS = Number(process.env.OCTOPROX_E2E_REQUESTS ?? 1_500);
const CLIENTS = 12;
const LOGIN = { username: "count", password: "count-password" };
/** Usage is written each few seconds; a machine with other things to do is late. */
const WRITTEN = { timeout: 60_000, interval: 500 };

let scene: Cluster;
let browser: Browser;
let window: Window;
let token = "";
let project = "";

beforeAll(async () => {
  [scene, browser] = await Promise.all([cluster(), launch()]);
  const at = { api: scene.front.api };
  await call(at, "", "POST", "/auth/setup", { token: scene.setup.split("#")[1], ...ADMIN });
  token = (await call(at, "", "POST", "/auth/login", ADMIN)).access_token;
  const made = await call(at, token, "POST", "/projects", {
    ...LOGIN,
    name: "Counted",
    allow_targets: [scene.target.address],
    hedge: false,
  });
  project = made.id;
  const list = await call(at, token, "POST", `/projects/${project}/connectors`, { name: "Own" });
  const lines = scene.exits.map(({ address }) => `${address}:${EXIT.username}:${EXIT.password}`);
  const path = `/projects/${project}/proxies/upload?connector_id=${list.id}`;
  await upload(at, token, path, lines.join("\n"));
  window = await open(browser);
  await logIn(window.page, scene.front.api, ADMIN);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await scene?.end();
});

async function get(path: string) {
  const headers = { Authorization: `Bearer ${token}` };
  return (await fetch(`${scene.front.api}/api/v1${path}`, { headers })).json();
}

test("every node serves the project", async () => {
  // What is asked before that would be refused, and is not to be counted.
  const { revision } = await get("/cluster");
  for (const { api } of scene.nodes) {
    const serves = async () => (await (await fetch(`${api}/health`)).json()).revision;
    await expect.poll(serves, WRITTEN).toBeGreaterThanOrEqual(revision);
  }
});

/** Asks for the target through HAProxy; the status. */
function ask(agent: Agent): Promise<number> {
  const [host, port] = scene.front.proxy.split(":");
  const login = Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString("base64");
  const headers = { Host: scene.target.address, "Proxy-Authorization": `Basic ${login}` };
  return new Promise((resolve, reject) => {
    const sent = request({ host, port, path: scene.target.url, headers, agent }, (answer) => {
      answer.resume().on("end", () => resolve(answer.statusCode ?? 0));
    });
    sent.on("error", reject).end();
  });
}

async function metered(): Promise<number> {
  const texts = scene.nodes.map(async ({ api }) => (await fetch(`${api}/metrics`)).text());
  const lines = (await Promise.all(texts)).flatMap((text) => text.split("\n"));
  const ours = lines.filter((line) => line.startsWith("octoprox_requests_total{"));
  return ours.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0);
}

test(`${REQUESTS} requests are counted alike everywhere`, async () => {
  let [begun, fine] = [0, 0];
  const client = async () => {
    // A connection stays at one node: a new one now and then has all of them take part.
    for (let agent = new Agent({ keepAlive: true, maxSockets: 1 }); begun < REQUESTS; ) {
      begun += 1;
      if ((await ask(agent)) === 200) fine += 1;
      if (begun % 500 !== 0) continue;
      agent.destroy();
      agent = new Agent({ keepAlive: true, maxSockets: 1 });
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: CLIENTS }, client));
  const seconds = (performance.now() - start) / 1000;
  expect(fine).toBe(REQUESTS);

  const used = async () => (await get(`/projects/${project}/usage`)).items[0]?.requests ?? 0;
  const charted = async () =>
    (await get(`/projects/${project}/usage/series`)).series[0]?.totals.requests ?? 0;
  const { page } = window;
  await page.goto(`${scene.front.api}/projects/${project}`);
  const shown = async () => {
    const text = await page.getByLabel("Requests", { exact: true }).innerText();
    return Number(/[\d,]+/.exec(text)?.[0].replaceAll(",", ""));
  };
  for (const count of [used, charted, metered, shown]) {
    await expect.poll(count, WRITTEN).toBeGreaterThanOrEqual(REQUESTS);
  }
  const counts = {
    clients: fine,
    api: await used(),
    charts: await charted(),
    metrics: await metered(),
    console: await shown(),
    target: scene.target.asked(),
  };
  console.info(`in ${seconds.toFixed(0)} s: ${JSON.stringify(counts)}`);
  for (const [who, count] of Object.entries(counts)) expect(count, who).toBe(REQUESTS);
  await picture(page, "counted-desktop");
}, 900_000);
