// A browser as people have it, that reports what goes wrong in pages; axe; pictures.
import { mkdir, readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { type Browser, type BrowserContext, chromium, type Page } from "playwright-core";

const PICTURES = fileURLToPath(new URL("../../target/screenshots/", import.meta.url));
const AXE = createRequire(import.meta.url).resolve("axe-core/axe.min.js");

export const WIDTHS = { phone: { width: 390, height: 844 }, desktop: { width: 1440, height: 900 } };

export function launch(): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-dev-shm-usage"],
  });
}

export interface Window {
  page: Page;
  context: BrowserContext;
  /** What the pages complained about: errors of scripts, what the policy refused. */
  complaints: string[];
}

export async function open(browser: Browser, scheme: "light" | "dark" = "light"): Promise<Window> {
  const context = await browser.newContext({
    viewport: WIDTHS.desktop,
    colorScheme: scheme,
    // Things that move are neither looked at nor waited for.
    reducedMotion: "reduce",
    permissions: ["clipboard-read", "clipboard-write"],
  });
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("console", (message) => {
    // A refusal of the API is no mistake of the page.
    const refused = /Failed to load resource: the server responded with a status of 4/;
    if (message.type() === "error" && !refused.test(message.text())) complaints.push(message.text());
  });
  return { page, context, complaints };
}

export async function logIn(page: Page, api: string, as: { username: string; password: string }) {
  await page.goto(`${api}/login`);
  await page.getByLabel("Username").fill(as.username);
  await page.getByRole("textbox", { name: "Password" }).fill(as.password);
  await page.getByRole("button", { name: "Log in" }).click();
  await page.getByRole("heading", { name: "Projects" }).waitFor();
}

/** What axe finds against WCAG 2.2 AA, in short. */
export async function violations(page: Page): Promise<string[]> {
  // Not as a tag in the page, which its policy forbids.
  await page.evaluate(await readFile(AXE, "utf8"));
  return page.evaluate(async () => {
    const axe = (globalThis as never as { axe: typeof import("axe-core") }).axe;
    const only = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    // Dialogues have a <header> of their own, which is no banner of the page.
    const rules = { "landmark-no-duplicate-banner": { enabled: false }, "landmark-unique": { enabled: false } };
    const found = await axe.run({ runOnly: { type: "tag", values: only }, rules });
    return found.violations.flatMap(({ id, nodes }) =>
      nodes.map((node) => `${id}: ${node.html.slice(0, 160)} ${node.any[0]?.message ?? ""}`),
    );
  });
}

/** Whether something is wider than the window, so that the page moves sideways. */
export async function isTooWide(page: Page): Promise<boolean> {
  return page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
}

export async function picture(page: Page, name: string): Promise<void> {
  await mkdir(PICTURES, { recursive: true });
  await page.screenshot({ path: `${PICTURES}${name}.png` });
}
