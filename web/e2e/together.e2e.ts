// Several people at once, the keyboard, clients of several languages, and a node that dies.
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch, logIn, open, picture, violations, type Window } from "./browser";
import { ADMIN, type Furnished, furnish } from "./furnish";
import { folder } from "./program";
import { type World, world } from "./world";

const run = promisify(execFile);
/** `make deps` puts what is not Debian's there. */
const CLIENT = (path: string) => fileURLToPath(new URL(`../../target/clients/${path}`, import.meta.url));
const PYTHON = CLIENT("venv/bin/python");
const PUPPETEER = CLIENT("node_modules/puppeteer-core/lib/esm/puppeteer/puppeteer-core.js");
const PLAYWRIGHT = fileURLToPath(new URL("../node_modules/playwright-core/index.mjs", import.meta.url));

let scene: World;
let furnished: Furnished;
let browser: Browser;
let admin: Window;

beforeAll(async () => {
  [scene, browser] = await Promise.all([world(), launch()]);
  furnished = await furnish(scene);
  admin = await open(browser);
  await logIn(admin.page, scene.api, ADMIN);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await scene?.end();
});

const at = (path: string) => `${scene.api}/projects/${furnished.project}${path}`;

test("the keyboard leads anywhere", async () => {
  const { page } = admin;
  await page.keyboard.press("Control+K");
  await page.getByRole("combobox").fill("clus");
  await picture(page, "palette-desktop");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Cluster", level: 1 }).waitFor();
  await page.getByText("live on 1 of 1").waitFor();
});

test("of two who change the same, the later keeps what both wanted", async () => {
  const { page } = admin;
  const other = await (await open(browser)).page;
  await logIn(other, scene.api, ADMIN);
  await Promise.all([page.goto(at("/settings")), other.goto(at("/settings"))]);
  await page.getByLabel("Description").fill("Written by the first");
  await other.getByLabel("Name", { exact: false }).first().fill("Renamed by the second");
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("are saved").waitFor();
  await other.getByRole("button", { name: "Save", exact: true }).click();
  await other.getByText("Somebody else has changed this in the meantime").waitFor();
  await picture(other, "conflict-desktop");
  expect(await violations(other)).toEqual([]);
  await other.getByRole("button", { name: "Save mine" }).click();
  await other.getByText("The settings of Renamed by the second are saved.").waitFor();
  expect(await other.getByLabel("Description").inputValue()).toBe("Written by the first");
  await other.context().close();
});

test("somebody is invited, sees what a viewer may, and is locked out", async () => {
  const { page } = admin;
  await page.goto(`${scene.api}/users`);
  await page.getByRole("button", { name: "Invite" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Username").fill("nina");
  await dialog.getByRole("button", { name: "Make the link" }).click();
  const link = await dialog.getByLabel("Invitation link").inputValue();
  await dialog.getByRole("button", { name: "Done" }).click();

  const theirs = await open(browser);
  const token = new URL(link).hash;
  await theirs.page.goto(`${scene.api}/set-password${token}`);
  await theirs.page.getByRole("textbox", { name: "Password" }).fill("a password of hers");
  await theirs.page.getByLabel("The same again").fill("a password of hers");
  await theirs.page.getByRole("button", { name: "Set the password" }).click();
  await theirs.page.getByRole("link", { name: "Log in" }).click();
  await logIn(theirs.page, scene.api, { username: "nina", password: "a password of hers" });
  expect(await theirs.page.getByRole("button", { name: "New project" }).count()).toBe(0);
  expect(await theirs.page.getByRole("link", { name: "Users" }).count()).toBe(0);
  await theirs.page.goto(at("/proxies"));
  await theirs.page.getByText("241 proxies").waitFor();
  expect(await theirs.page.getByRole("button", { name: "Upload a list" }).count()).toBe(0);

  await page.getByRole("button", { name: "Actions for nina" }).click();
  await page.getByRole("menuitem", { name: "Lock out" }).click();
  await page.getByText("nina is locked out").waitFor();
  await theirs.page.getByRole("link", { name: "Overview" }).click();
  await theirs.page.getByRole("heading", { name: "Log in" }).waitFor();
  await theirs.context.close();
});

/** The snippet of this name, for the target, with the project's password in it. */
async function snippet(name: string): Promise<string> {
  const { page } = admin;
  await page.goto(at("/connect"));
  await page.getByLabel("Address to ask for").fill(scene.target);
  await page.getByRole("textbox", { name: "Password of the project" }).fill("prices-password");
  await page.getByLabel("Session").fill("e2e");
  await page.getByRole("tab", { name, exact: true }).click();
  return page.locator("pre").innerText();
}

/** Browsers of this machine, whose user is root, ask for loopback through the proxy, too. */
const CHROMIUM =
  'executablePath: "/usr/bin/chromium", args: ["--no-sandbox", "--proxy-bypass-list=<-loopback>"';

/** How the snippet of each name is run, in which file, and what it prints. */
const CLIENTS: { name: string; file: string; run: string[]; adapt?: (text: string) => string; prints: string }[] = [
  { name: "curl", file: "client.sh", run: ["bash"], prints: "hello" },
  { name: "requests", file: "client.py", run: [PYTHON], prints: "200 hello\n" },
  {
    name: "Scrapy",
    file: "client.py",
    run: [PYTHON, "-m", "scrapy", "runspider", "--loglevel=ERROR", "--output=-:jsonlines"],
    prints: '"status": 200',
  },
  {
    name: "Playwright",
    file: "client.mjs",
    run: [process.execPath],
    adapt: (text) =>
      text
        .replace('"playwright"', JSON.stringify(PLAYWRIGHT))
        .replace("launch({", `launch({ ${CHROMIUM}],`),
    prints: "hello",
  },
  {
    name: "Puppeteer",
    file: "client.mjs",
    run: [process.execPath],
    adapt: (text) =>
      text.replace('"puppeteer"', JSON.stringify(PUPPETEER)).replace("args: [", `${CHROMIUM}, `),
    prints: "hello",
  },
  { name: "Go", file: "main.go", run: ["go", "run"], prints: "hello" },
  { name: "Java", file: "Main.java", run: ["java"], prints: "hello" },
];

test("exits that nobody is at are turned off with a switch", async () => {
  await admin.page.goto(at("/connectors"));
  await admin.page.getByRole("switch", { name: "Residential, bought is on" }).click({ force: true });
  await admin.page.getByText("Own exits 100 %").first().waitFor();
});

test("there is no snippet that is not run", async () => {
  await admin.page.goto(at("/connect"));
  await admin.page.getByRole("tab").first().waitFor();
  const shown = await admin.page.getByRole("tab").allInnerTexts();
  expect(shown).toEqual(CLIENTS.map(({ name }) => name));
});

test.each(CLIENTS)("the snippet for $name runs as it is", async ({ name, file, run, adapt, prints }) => {
  const place = await folder();
  const text = await snippet(name);
  await writeFile(`${place.path}/${file}`, adapt?.(text) ?? text);
  const [program = "", ...words] = [...run, file];
  // Nodes know within a second which exits are on.
  await expect
    .poll(() => output(program, words, place.path), { timeout: 60_000, interval: 500 })
    .toContain(prints);
  await place.remove();
});

/** What it prints, or why it ended otherwise. */
async function output(program: string, words: string[], cwd: string): Promise<string> {
  return run(program, words, { cwd }).then(({ stdout }) => stdout, (error) => String(error));
}

test("a node that dies is noticed, and said what that means", async () => {
  const { page, complaints } = admin;
  await page.goto(at(""));
  await page.getByText("By connector").waitFor();
  expect(complaints).toEqual([]);
  await scene.kill();
  await page.getByText("No connection").waitFor();
  await page.getByText("nothing you do will be saved until it is back").waitFor();
  await picture(page, "away-desktop");
  expect(await violations(page)).toEqual([]);
});
