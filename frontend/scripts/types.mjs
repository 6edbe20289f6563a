/** Generates src/api/schema.gen.ts from the server's own description of its API. */
import { execFileSync } from "node:child_process";
import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const root = new URL("../../", import.meta.url).pathname;
const local = join(root, ".venv/bin/wanllmdb-server");
const server = existsSync(local) ? local : "wanllmdb-server";
const schema = join(mkdtempSync(join(tmpdir(), "wanllmdb-types-")), "openapi.json");
writeFileSync(schema, execFileSync(server, ["openapi"], { maxBuffer: 64 << 20 }));
execFileSync(
  join(root, "frontend/node_modules/.bin/openapi-typescript"),
  [schema, "-o", join(root, "frontend/src/api/schema.gen.ts")],
  { stdio: "inherit" },
);
