// Makes the types of the API's document: src/api/openapi.json to src/api/schema.ts.
import { readFile, writeFile } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import openapiTS, { astToString } from "openapi-typescript";

const folder = new URL("../src/api/", import.meta.url);

/** The types as they should stand in the file. */
export async function types() {
  const document = JSON.parse(await readFile(new URL("openapi.json", folder), "utf8"));
  const body = astToString(await openapiTS(document));
  return `// Generated from openapi.json: make generate.\n${body}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  await writeFile(new URL("schema.ts", folder), await types());
}
