// Puts a brotli and a gzip form beside every text in dist, so that nodes compress nothing.
import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const dist = new URL("../dist/", import.meta.url).pathname;
const names = await readdir(dist, { recursive: true });
for (const name of names.filter((name) => /\.(html|js|css|svg|json)$/.test(name))) {
  const path = join(dist, name);
  const content = await readFile(path);
  const params = { [constants.BROTLI_PARAM_SIZE_HINT]: content.length };
  await writeFile(`${path}.br`, brotliCompressSync(content, { params }));
  await writeFile(`${path}.gz`, gzipSync(content, { level: 9 }));
}
