// What happens on nodes is on the page without a reload.
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch, logIn, open, picture, violations, type Window } from "./browser";
import { ADMIN, type Furnished, furnish } from "./furnish";
import { type World, world } from "./world";

const run = promisify(execFile);

let scene: World;
let furnished: Furnished;
let browser: Browser;
let window: Window;

beforeAll(async () => {
  [scene, browser] = await Promise.all([world(), launch()]);
  furnished = await furnish(scene);
  window = await open(browser);
  await logIn(window.page, scene.api, ADMIN);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await scene?.end();
});

const at = (path: string) => `${scene.api}/projects/${furnished.project}${path}`;

test("a request is in the live log when it has ended, with its attempts and why", async () => {
  const { page } = window;
  await page.goto(at("/exchanges"));
  await page.getByText(/\d+ exchanges/).waitFor();
  await page.getByRole("table", { name: "Exchanges" }).waitFor();
  // Most exits are dead: a session may begin at so many of them that nothing comes of its request.
  let session = "";
  for (let number = 1, status = ""; status !== "200"; number += 1) {
    expect(number).toBeLessThan(30);
    session = `fresh${number}`;
    const login = `prices-session-${session}:prices-password`;
    const args = ["-s", "-o", "/dev/null", "-w", "%{http_code}", "-x", `http://${scene.proxy}`, "-U", login];
    status = (await run("curl", [...args, scene.target])).stdout;
  }
  const ended = Date.now();
  const row = page.getByRole("row").filter({ hasText: session });
  await row.waitFor();
  console.info(`it stood there ${Date.now() - ended} ms after curl had ended`);
  await row.getByRole("button").click();
  await page.getByText("carried it").waitFor();
  await picture(page, "live-exchange-desktop");
  expect(await violations(page)).toEqual([]);
  await page.getByRole("dialog").getByRole("link", { name: "Why this exit" }).click();
  await page.getByRole("button", { name: "Explain" }).click();
  await page.getByText("It would leave through").waitFor();
  expect(await page.getByLabel("Parameters").inputValue()).toBe(`-session-${session}`);
});

test("what somebody else adds is shown without a reload", async () => {
  const { page } = window;
  await page.goto(at("/connectors"));
  await page.getByText("Own exits").first().waitFor();
  const other = await open(browser);
  await logIn(other.page, scene.api, ADMIN);
  await other.page.goto(at("/connectors"));
  await other.page.getByRole("button", { name: "New connector" }).click();
  await other.page.getByRole("dialog").getByRole("textbox", { name: "Name" }).fill("Of a colleague");
  await other.page.getByRole("dialog").getByRole("button", { name: "Save" }).click();
  await page.getByText("Of a colleague").first().waitFor();
  await other.context.close();
});

test("no page complained", () => {
  expect(window.complaints).toEqual([]);
});
