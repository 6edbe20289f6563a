/** The page's weight: fails when what opens first is heavier than it may be. Run after a build. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";

const page = new URL("../../server/src/wanllmdb_server/page/", import.meta.url).pathname;
const LIMIT = { entry: 180, css: 20, workspace: 230 }; // KB, gzip
const size = (path) => gzipSync(readFileSync(path), { level: 9 }).length / 1024;

const html = readFileSync(join(page, "index.html"), "utf8");
const first = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].map((m) =>
  join(page, m[1]),
);
const assets = readdirSync(join(page, "assets")).map((name) => join(page, "assets", name));

const found = {
  entry: first.reduce((sum, path) => sum + size(path), 0),
  css: assets.filter((p) => p.endsWith(".css")).reduce((sum, path) => sum + size(path), 0),
  workspace: assets.filter((p) => p.endsWith(".js")).reduce((sum, path) => sum + size(path), 0),
};
const foreign = [...html.matchAll(/(?:src|href)="(https?:)?\/\/[^"]+"/g)].map((m) => m[0]);

let failed = foreign.length > 0;
for (const [name, limit] of Object.entries(LIMIT)) {
  const over = found[name] > limit;
  failed ||= over;
  console.log(
    `${over ? "OVER" : "ok  "} ${name.padEnd(10)} ${found[name].toFixed(1)} of ${limit} KB gz`,
  );
}
for (const link of foreign) console.log(`another origin: ${link}`);
process.exit(failed ? 1 : 0);
