/** The page's floors: features → api, chart, kit; nothing sideways between features, nothing upward. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";

const root = new URL("../src/", import.meta.url).pathname;
const contracts = new URL("../../tests/contracts/", import.meta.url).pathname;
const MAY = {
  chart: ["chart"],
  kit: ["kit"],
  api: ["api"],
  features: ["api", "chart", "kit", "paths"],
};

/** The room of a file: its first folder, or its name where it stands at the top. */
function room(path) {
  const [first] = relative(root, path).split("/");
  return first.replace(/\.(ts|tsx|css)$/, "");
}

const problems = [];
for (const entry of readdirSync(root, { recursive: true, withFileTypes: true })) {
  if (!entry.isFile() || !/\.(ts|tsx)$/.test(entry.name)) continue;
  const file = join(entry.parentPath, entry.name);
  const allowed = MAY[room(file)];
  if (!allowed) continue; // main and routes stand above all rooms
  for (const [, spec] of readFileSync(file, "utf8").matchAll(
    /(?:from|import)\s*\(?\s*"(\.[^"]+)"/g,
  )) {
    const target = resolve(dirname(file), spec);
    // What the server's tests are held against, too.
    if (/\.test\.tsx?$/.test(file) && target.startsWith(contracts)) continue;
    const there = room(target);
    const feature = (path) => relative(root, path).split("/")[1];
    const sideways =
      room(file) === "features" && there === "features" && feature(file) !== feature(target);
    const upward = !allowed.includes(there) && there !== room(file);
    if (sideways || upward) problems.push(`${relative(root, file)} may not import ${spec}`);
  }
}
for (const line of problems) console.error(line);
console.log(problems.length ? `${problems.length} imports cross a boundary` : "boundaries hold");
process.exit(problems.length ? 1 : 0);
