// From an empty database to people who are locked out, as somebody would do it who has just installed
// three nodes: all in the browser, in front of a real cluster.
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { promisify } from "node:util";
import type { Browser, Locator, Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launch, open, picture, violations, type Window } from "./browser";
import { type Cluster, cluster } from "./cluster";
import { list } from "./list";
import { measured } from "./measure";
import { EXIT } from "./world";

const run = promisify(execFile);
const PASSWORD = "correct horse battery";

let scene: Cluster;
let browser: Browser;
let window: Window;
/** What was copied from the page that says how to connect. */
let snippet = "";
let project = "";

beforeAll(async () => {
  [scene, browser] = await Promise.all([cluster(), launch()]);
  window = await open(browser);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await scene?.end();
});

/** Opens the dialogue for uploads and fills it in. */
async function upload(page: Page, text: string, connector: string): Promise<Locator> {
  await page.getByRole("button", { name: "Upload a list" }).click();
  const dialog = page.getByRole("dialog");
  const choice = dialog.getByRole("combobox", { name: "Connector" });
  if ((await choice.inputValue()) !== "A new one…") {
    await choice.click();
    await page.getByRole("option", { name: "A new one…" }).click();
  }
  await dialog.getByLabel("Name of the new connector").fill(connector);
  if (text.length < 1000) {
    await dialog.getByRole("textbox", { name: "List" }).fill(text);
  } else {
    await dialog.getByText("From a file").click();
    const chosen = page.waitForEvent("filechooser");
    await dialog.getByRole("button", { name: "File" }).click();
    const file = { name: "list.txt", mimeType: "text/plain", buffer: Buffer.from(text) };
    await (await chosen).setFiles(file);
  }
  await dialog.getByRole("button", { name: "Upload", exact: true }).click();
  return dialog;
}

/** In the navigation, where pages of the project come first. */
const link = (name: string) => window.page.getByRole("link", { name, exact: true }).first();

test("the setup link makes an administrator and leads to the projects", async () => {
  const { page } = window;
  await page.goto(scene.front.api);
  await page.getByText("Follow the setup link").waitFor();
  await page.goto(scene.setup);
  await page.reload();
  await page.goto(scene.setup);
  await page.getByLabel("Password").first().fill(PASSWORD);
  await page.getByLabel("The same again").fill("another password");
  await page.getByRole("button", { name: "Create the administrator" }).click();
  await page.getByText("Is not the same as above").waitFor();
  await page.getByLabel("The same again").fill(PASSWORD);
  await page.getByRole("button", { name: "Create the administrator" }).click();
  await page.getByRole("heading", { name: "No project yet" }).waitFor();
});

test("a project is created, and its mistakes are told beside the field", async () => {
  const { page } = window;
  await page.getByRole("button", { name: "New project" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Name").fill("My Shop");
  expect(await dialog.getByLabel("Login").inputValue()).toBe("my_shop");
  await dialog.getByLabel("Login").fill("my shop");
  await dialog.getByRole("button", { name: "Create" }).click();
  await dialog.getByText("Must be 1-255 characters").waitFor();
  expect(await violations(page)).toEqual([]);
  await dialog.getByLabel("Login").fill("shop");
  await dialog.getByRole("button", { name: "Create" }).click();
  await page.getByRole("heading", { name: "No exit yet" }).waitFor();
  project = new URL(page.url()).pathname;
});

test("targets are allowed and probes are made frequent in the settings", async () => {
  const { page } = window;
  await link("Settings").click();
  await page.getByRole("tab", { name: "Targets" }).click();
  await page.getByLabel("Non-public addresses").fill(scene.target.address);
  await page.getByRole("tab", { name: "Health" }).click();
  await page.getByLabel("Between two probes of one exit").fill("2");
  await page.getByLabel("Address that probes ask for").fill(scene.target.url);
  await page.getByRole("button", { name: "Save" }).click();
  await page.getByText("The settings of My Shop are saved.").waitFor();
});

test("an upload of 10,000 with 37 bad lines tells which and why", async () => {
  const { page } = window;
  const { text, bad } = list();
  await link("Proxies").click();
  const dialog = await upload(page, text, "Bought list");
  await dialog.getByText("37 lines were refused; the others are in.").waitFor();
  await dialog.getByLabel("Added").getByText("9,963").waitFor();
  const told = await dialog.getByRole("row").allInnerTexts();
  const rows = told.slice(1).map((row) => row.split("\t").map((cell) => cell.trim()));
  expect(rows.length).toBe(37);
  for (const [at, { line, text, why }] of bad.entries()) {
    const [number, reason, says] = rows[at] ?? [];
    expect([number, says]).toEqual([String(line), text]);
    expect(reason).toContain(why);
  }
  await picture(page, "upload-report-desktop");
  expect(await violations(page)).toEqual([]);
  await dialog.getByRole("button", { name: "Show the proxies" }).click();
  await page.getByText("9,963 proxies").waitFor();
});

test("exits that work are uploaded, and the list that is all dead is switched off", async () => {
  const { page } = window;
  const lines = scene.exits.map(({ address }) => `${address}:${EXIT.username}:${EXIT.password}`);
  const dialog = await upload(page, lines.join("\n"), "Own exits");
  await dialog.getByText("Every line could be read.").waitFor();
  await dialog.getByRole("button", { name: "Show the proxies" }).click();
  await page.getByText("9,966 proxies").waitFor();
  await link("Connectors").click();
  await page.getByRole("switch", { name: "Bought list is on" }).click({ force: true });
  await page.getByText("Own exits 100 %").first().waitFor();
});

test("the snippet that is copied runs, through any node", async () => {
  const { page } = window;
  await link("Connect your client").click();
  await page.getByLabel("Address of the proxy").fill(scene.front.proxy);
  await page.getByLabel("Address to ask for").fill(scene.target.url);
  await page.getByRole("button", { name: "Copy" }).first().click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  snippet = await page.evaluate(() => navigator.clipboard.readText());
  expect(snippet).toContain(`-x http://${scene.front.proxy}`);
  // A node serves a change within a second; until then it turns the client away.
  for (let fine = 0; fine < scene.nodes.length; fine += 1) {
    await expect.poll(() => ask(), { timeout: 20_000 }).toBe("hello");
  }
});

/** Runs what was copied, in a session if one is named. */
async function ask(session = ""): Promise<string> {
  const line = session === "" ? snippet : snippet.replace("'shop:", `'shop-session-${session}:`);
  return run("bash", ["-c", `${line} -s`]).then(({ stdout }) => stdout, (error) => String(error));
}

test("a request is seen within a second, whichever node served it", async () => {
  const { page } = window;
  await link("Inspector").click();
  await page.getByRole("button", { name: "Record every exchange" }).click();
  await page.getByText("Nothing is recorded yet").waitFor();
  await link("Live log").click();
  await page.getByRole("table", { name: "Exchanges" }).waitFor();
  const row = (session: string) => page.getByRole("row").filter({ hasText: session });
  // Once one is there, the stream is open.
  expect(await ask("first")).toBe("hello");
  await row("first").waitFor();
  for (let at = 0; at < scene.nodes.length; at += 1) {
    await measured("a request is seen", 1_000, async (again) => {
      const name = `live${at}${again}`;
      const seen = row(name).waitFor();
      expect(await ask(name)).toBe("hello");
      return { since: Date.now(), seen };
    });
  }
});

test("an exit that dies turns red, and is told why it is passed over", async () => {
  const { page } = window;
  const exit = scene.exits[0];
  await link("Proxies").click();
  await page.getByLabel("Connector").selectOption({ label: "Own exits" });
  const row = page.getByRole("row").filter({ hasText: exit?.address });
  await row.getByText("healthy", { exact: true }).waitFor({ timeout: 30_000 });
  await exit?.program.end();
  await row.getByText("unhealthy").waitFor({ timeout: 60_000 });
  const mark = row.getByText("unhealthy").locator("xpath=preceding-sibling::span");
  const colour = await mark.evaluate((span) => getComputedStyle(span).backgroundColor);
  const [red = 0, green = 0, blue = 0] = (colour.match(/\d+/g) ?? []).map(Number);
  expect(red).toBeGreaterThan(2 * Math.max(green, blue));
  await picture(page, "dead-exit-desktop");

  await row.getByRole("button", { name: /^Actions for/ }).click();
  await page.getByRole("menuitem", { name: "Why this exit, or not" }).click();
  await page.getByText("It would be refused with 503").waitFor();
  await page.getByText("The exits that are left are all dead").waitFor();
  await picture(page, "why-not-desktop");
  expect(await violations(page)).toEqual([]);
});

test("it is banned, and no request is given to it", async () => {
  const { page } = window;
  const address = scene.exits[0]?.address ?? "";
  await link("Proxies").click();
  await page.getByLabel("Part of the host").fill("127.0.0.1");
  const row = page.getByRole("row").filter({ hasText: address });
  await row.getByRole("button", { name: /^Actions for/ }).click();
  await page.getByRole("menuitem", { name: "Quarantine for an hour" }).click();
  await page.getByText("It rests for an hour.").waitFor();
  await row.getByText("resting").waitFor();
  for (let at = 0; at < 6; at += 1) expect(await ask(`after${at}`)).toBe("hello");
});

test("what went through is exported as HAR", async () => {
  const { page } = window;
  await link("Inspector").click();
  await page.getByRole("button", { name: scene.target.url }).first().waitFor();
  await page.getByLabel("Session").fill("after5");
  await page.getByText(/^1 exchange$/).waitFor();
  const loaded = page.waitForEvent("download");
  await page.getByRole("link", { name: "HAR" }).click();
  const file = await loaded;
  expect(file.suggestedFilename()).toBe("captures.har");
  const { log } = JSON.parse(await readFile(await file.path(), "utf8"));
  expect(log.version).toBe("1.2");
  expect(log.creator.name).toBeTruthy();
  for (const entry of log.entries) expect(Object.keys(entry)).toEqual(expect.arrayContaining(ENTRY));
  // One request, whichever nodes recorded it and answered.
  expect(log.entries.length).toBe(1);
  const { request, response } = log.entries[0];
  expect([request.method, request.url]).toEqual(["GET", scene.target.url]);
  expect([response.status, response.content.text]).toEqual([200, "hello"]);
});

/** What an entry must have, HAR 1.2. */
const ENTRY = ["startedDateTime", "time", "request", "response", "cache", "timings"];

test("an editor is invited at one node, works at another, and is locked out there within a second", async () => {
  const { page } = window;
  await link("Users").click();
  await page.getByRole("button", { name: "Invite" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Username").fill("editha");
  await dialog.getByRole("combobox", { name: "Role" }).click();
  await page.getByRole("option", { name: "Editor: changes projects" }).click();
  await dialog.getByRole("button", { name: "Make the link" }).click();
  const invitation = await dialog.getByLabel("Invitation link").inputValue();
  expect(invitation.startsWith(scene.front.api)).toBe(true);
  await dialog.getByRole("button", { name: "Done" }).click();

  const there = scene.nodes[1]?.api ?? "";
  const theirs = await open(browser);
  await theirs.page.goto(`${there}/set-password${new URL(invitation).hash}`);
  await theirs.page.getByRole("textbox", { name: "Password" }).fill("a password of hers");
  await theirs.page.getByLabel("The same again").fill("a password of hers");
  await theirs.page.getByRole("button", { name: "Set the password" }).click();
  await theirs.page.getByRole("link", { name: "Log in" }).click();
  await theirs.page.getByLabel("Username").fill("editha");
  await theirs.page.getByRole("textbox", { name: "Password" }).fill("a password of hers");
  await theirs.page.getByRole("button", { name: "Log in" }).click();
  await theirs.page.getByRole("heading", { name: "Projects" }).waitFor();
  expect(await theirs.page.getByRole("link", { name: "Users" }).count()).toBe(0);
  await theirs.page.goto(`${there}${project}/settings`);
  await theirs.page.getByLabel("Description").fill("Looked after by Editha");
  await theirs.page.getByRole("button", { name: "Save" }).click();
  await theirs.page.getByText("are saved").waitFor();

  await page.getByRole("button", { name: "Actions for editha" }).click();
  await measured("an editor is locked out on another node", 1_000, async () => {
    // As somebody would notice it who works there: by the next thing that is asked of the node.
    // Not by the page itself: that may have noticed, too, and have gone to where one logs in.
    const ask = () => theirs.page.context().request.get(`${there}/api/v1/users/me`);
    expect((await ask()).ok()).toBe(true);
    const seen = (async () => {
      while ((await ask()).ok()) await new Promise((on) => setTimeout(on, 20));
    })();
    const answered = page.waitForResponse((answer) => answer.request().method() === "PATCH");
    await page.getByRole("menuitem", { name: "Lock out" }).click();
    await answered;
    return { since: Date.now(), seen };
  }, 1);
  await page.getByText("editha is locked out").waitFor();
  // Her page goes there by itself as soon as it notices, and else with her next step.
  await theirs.page.getByRole("link", { name: "Overview" }).click({ timeout: 3_000 }).catch(() => {});
  await theirs.page.getByRole("heading", { name: "Log in" }).waitFor();
  await theirs.context.close();
});

test("no page complained", () => {
  expect(window.complaints).toEqual([]);
});
