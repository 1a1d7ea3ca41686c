// @vitest-environment node
// The rules of the house for what people write here.
import { readdir, readFile } from "node:fs/promises";
import { expect, test } from "vitest";

const root = new URL("../", import.meta.url);
const GENERATED = ["src/api/schema.ts"];
const EMPTY_NAMES = /(^|\/)(utils?|common|core|helpers?|manager|misc|services?|types)(\.|\/)/;

const folders = ["src", "tests", "e2e", "scripts"];
const lists = folders.map(async (folder) => {
  const names = await readdir(new URL(folder, root), { recursive: true });
  return names.filter((name) => /\.(tsx?|mjs)$/.test(name)).map((name) => `${folder}/${name}`);
});
const files = (await Promise.all(lists)).flat().filter((name) => !GENERATED.includes(name));

test.each(files)("%s is short, introduces itself and is named after what it holds", async (name) => {
  const lines = (await readFile(new URL(name, root), "utf8")).split("\n");
  expect(lines.length).toBeLessThan(300);
  const first = lines.find((line) => !line.startsWith("// @vitest"));
  expect(first).toMatch(/^\/\/ [A-Z“`].{8,}/);
  expect(`/${name}`.replace("/scripts/types.mjs", "")).not.toMatch(EMPTY_NAMES);
});

test("the lock names no registry", async () => {
  const lock = await readFile(new URL("package-lock.json", root), "utf8");
  expect(lock).not.toMatch(/https?:\/\/[^"]*registry/);
});
