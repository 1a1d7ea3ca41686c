// Every page, as wide as a phone and as a desktop, light and dark: axe, its width, its picture.
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { isTooWide, launch, open, picture, violations, WIDTHS, type Window } from "./browser";
import { ADMIN, type Furnished, furnish } from "./furnish";
import { type World, world } from "./world";

/** The name of its pictures, its path, and a text that is there when it is whole. */
const PAGES: [name: string, path: string, whole: string | RegExp][] = [
  ["projects", "/projects", "Price watch"],
  ["overview", "/projects/$project", "Where the exits are"],
  ["proxies", "/projects/$project/proxies", "241 proxies"],
  ["connectors", "/projects/$project/connectors", "How requests are shared"],
  ["credentials", "/projects/$project/credentials", "Provider account"],
  ["connect", "/projects/$project/connect", "in a terminal"],
  ["captures", "/projects/$project/captures", /\d+ exchanges/],
  ["explain", "/projects/$project/explain?parameters=-session-abc", "Stage by stage"],
  ["lab", "/projects/$project/lab", "Try them"],
  ["backup", "/backup", "Restore a backup"],
  ["settings", "/projects/$project/settings", "Networks that need no password"],
  ["live", "/projects/$project/exchanges", /\d+ exchanges/],
  ["live-all", "/exchanges", /\d+ exchanges/],
  ["sessions", "/projects/$project/sessions", "1 alive"],
  ["usage", "/projects/$project/usage", /^[1-9]\d* attempts/],
  ["usage-all", "/usage", /^[1-9]\d* attempts/],
  ["caps", "/projects/$project/caps", "10.0 GB"],
  ["cluster", "/cluster", "Tasks of this node"],
  ["certificates", "/certificates", "Fingerprint (SHA-256)"],
  ["users", "/users", "editha@example.com"],
  ["keys", "/keys", "nightly export"],
  ["audit", "/audit", "Residential, bought"],
  ["system", "/system", "What is logged"],
  ["alerts", "/alerts", /^Nothing is wrong$|^Severity$/],
  ["webhooks", "/webhooks", "chat.example"],
  ["account", "/account", "Change your password"],
  ["lost", "/nowhere", "There is no such page"],
];

/** Pages of people who are not logged in. */
const ENTRIES: typeof PAGES = [
  ["login", "/login", "With the account"],
  ["set-password", "/set-password#token", "You have been invited"],
];

let scene: World;
let furnished: Furnished;
let browser: Browser;

beforeAll(async () => {
  [scene, browser] = await Promise.all([world(), launch()]);
  furnished = await furnish(scene);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await scene?.end();
});

async function look({ page, complaints }: Window, name: string, whole: string | RegExp) {
  for (const [width, viewport] of Object.entries(WIDTHS)) {
    await page.setViewportSize(viewport);
    await page.getByText(whole).first().waitFor();
    await page.evaluate(() => document.fonts.ready);
    await picture(page, `${name}-${width}`);
    expect(await isTooWide(page), `${name} is too wide for a ${width}`).toBe(false);
    expect(await violations(page), `${name} on a ${width}`).toEqual([]);
  }
  expect(complaints, name).toEqual([]);
}

describe.each(["light", "dark"] as const)("in %s colours", (scheme) => {
  let window: Window;
  const named = (name: string) => (scheme === "light" ? name : `${name}-dark`);

  beforeAll(async () => {
    window = await open(browser, scheme);
  });
  afterAll(() => window.context.close());

  test.each(ENTRIES)("%s", async (name, path, whole) => {
    await window.page.goto(scene.api + path);
    await look(window, named(name), whole);
  });

  test("logging in leads to where one wanted to go", async () => {
    const { page } = window;
    await page.setViewportSize(WIDTHS.desktop);
    await page.goto(`${scene.api}/cluster`);
    await page.getByLabel("Username").fill(ADMIN.username);
    await page.getByLabel("Password", { exact: false }).first().fill("a wrong password");
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByText("The username or the password is wrong.").waitFor();
    await page.getByLabel("Password", { exact: false }).first().fill(ADMIN.password);
    await page.getByRole("button", { name: "Log in" }).click();
    await page.getByRole("heading", { name: "Cluster" }).waitFor();
  });

  test.each(PAGES)("%s", async (name, path, whole) => {
    await window.page.goto(scene.api + path.replace("$project", furnished.project));
    await look(window, named(name), whole);
  });
});
