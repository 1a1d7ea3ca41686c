// @vitest-environment node
// What a first visit loads, gzipped: the entry, the shell and the page of the projects.
import { readFile, stat } from "node:fs/promises";
import { expect, test } from "vitest";

const dist = new URL("../dist/", import.meta.url);
const MOST = 250_000;

interface Chunk {
  file: string;
  imports?: string[];
}

test("a first visit loads less than 250 kB of script (make web builds it)", async () => {
  const text = await readFile(new URL(".vite/manifest.json", dist), "utf8");
  const manifest = JSON.parse(text) as Record<string, Chunk>;
  const needed = new Set<string>();
  const follow = (name: string) => {
    const chunk = manifest[name];
    if (chunk === undefined || needed.has(chunk.file)) return;
    needed.add(chunk.file);
    chunk.imports?.forEach(follow);
  };
  follow("index.html");
  follow("src/pages/projects/ProjectsPage.tsx");
  expect(needed.size).toBeGreaterThan(1);
  const sizes = [...needed].map(async (file) => (await stat(new URL(`${file}.gz`, dist))).size);
  const total = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
  console.info(`first load: ${total} bytes of gzipped script in ${needed.size} files`);
  expect(total).toBeLessThan(MOST);
});
