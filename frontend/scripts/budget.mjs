/** The page's weight: fails when what opens first is heavier than it may be. Run after a build. */
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";

const page = new URL("../../server/src/wanllmdb_server/page/", import.meta.url).pathname;
const LIMIT = { entry: 180, css: 20, "all css": 40, workspace: 230, media: 60 }; // KB, gzip
const size = (path) => gzipSync(readFileSync(path), { level: 9 }).length / 1024;

const html = readFileSync(join(page, "index.html"), "utf8");
const first = [...html.matchAll(/(?:src|href)="(\/assets\/[^"]+\.js)"/g)].map((m) =>
  join(page, m[1]),
);
const assets = readdirSync(join(page, "assets")).map((name) => join(page, "assets", name));
const named = (chunk) => assets.filter((path) => basename(path).match(`^${chunk}-[\\w-]+\\.js$`));

/** The scripts that these load at once: what they import, and their workers. */
function withImports(paths) {
  const found = new Set(paths);
  for (const path of found) {
    const text = readFileSync(path, "utf8");
    const imports = text.matchAll(/(?:from|import)\s*"\.\/([\w-]+\.js)"/g);
    const workers = text.matchAll(/assets\/(worker-[\w-]+\.js)/g);
    for (const [, name] of [...imports, ...workers]) found.add(join(page, "assets", name));
  }
  return [...found];
}

const weight = (paths) => paths.reduce((sum, path) => sum + size(path), 0);
const workspace = withImports([...first, ...named("Workspace")]);
const media = withImports(named("Media")).filter((path) => !workspace.includes(path));
/** The styles that come with these: a chunk's own bear its name, the entry's come always. */
function styles(paths) {
  const chunk = (path) => basename(path).replace(/-[\w-]{8}\.\w+$/, "");
  const names = new Set(paths.map(chunk));
  return assets.filter((path) => path.endsWith(".css") && names.has(chunk(path)));
}

const found = {
  entry: weight(first),
  css: weight(styles(workspace)),
  "all css": weight(assets.filter((path) => path.endsWith(".css"))),
  workspace: weight(workspace),
  media: weight(media), // more than the workspace; what its frames load is not the page's
};
const foreign = [...html.matchAll(/(?:src|href)="(https?:)?\/\/[^"]+"/g)].map((m) => m[0]);

let failed = foreign.length > 0;
if (first.length === 0 || named("Workspace").length !== 1 || named("Media").length !== 1) {
  console.log("a page without a workspace and media weighs nothing");
  failed = true;
}
for (const [name, limit] of Object.entries(LIMIT)) {
  const over = found[name] > limit;
  failed ||= over;
  console.log(
    `${over ? "OVER" : "ok  "} ${name.padEnd(10)} ${found[name].toFixed(1)} of ${limit} KB gz`,
  );
}
for (const link of foreign) console.log(`another origin: ${link}`);
process.exit(failed ? 1 : 0);
