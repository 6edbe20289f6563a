/** After a build: a .gz and a .br beside every file of the page that gets smaller by it. */
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

const page = new URL("../../server/src/wanllmdb_server/page/", import.meta.url).pathname;
const TEXT = /\.(js|css|html|svg|json|txt)$/;

let files = 0;
for (const entry of readdirSync(page, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !TEXT.test(entry.name)) continue;
  const path = join(entry.parentPath, entry.name);
  const raw = readFileSync(path);
  const packed = {
    ".gz": gzipSync(raw, { level: 9 }),
    ".br": brotliCompressSync(raw, { params: { [constants.BROTLI_PARAM_QUALITY]: 11 } }),
  };
  for (const [suffix, bytes] of Object.entries(packed)) {
    if (bytes.length < raw.length) writeFileSync(path + suffix, bytes);
  }
  files += 1;
}
console.log(`compressed ${files} files`);
