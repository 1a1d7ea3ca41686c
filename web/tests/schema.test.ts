// @vitest-environment node
// The types are those of the document: stale ones fail here.
import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";
import { types } from "../scripts/types.mjs";

test("the types are made of the document as it is: make generate", async () => {
  const found = await readFile(new URL("../src/api/schema.ts", import.meta.url), "utf8");
  expect(found === (await types())).toBe(true);
});
