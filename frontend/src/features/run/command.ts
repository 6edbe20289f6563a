/** How a run was started, and how it is started again to go on. */
import { valueAt } from "../../api/json-map";
import type { Run } from "../../api/types";

const PLAIN = /^[\w@%+=:,./-]+$/;

/** A word as a shell takes it. */
export function quoted(word: string): string {
  return PLAIN.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;
}

/** The command line, as far as the script told it; null where it did not. */
export function startedWith({ environment }: Pick<Run, "environment">): string | null {
  const program = valueAt(environment, "program");
  const argv = valueAt(environment, "argv");
  if (typeof program !== "string" || program === "") return null;
  const words = Array.isArray(argv) ? argv.filter((word) => typeof word === "string") : [];
  return ["python", program, ...words].map(quoted).join(" ");
}

/** What makes the same script go on with the run. */
export function resumeCommand(run: Pick<Run, "owner" | "project" | "id" | "environment">): string {
  const { owner, project, id } = run;
  const told = { ENTITY: owner, PROJECT: project, RUN_ID: id, RESUME: "must" };
  const names = Object.entries(told).map(([name, value]) => `WANLLMDB_${name}=${quoted(value)}`);
  return [...names, startedWith(run) ?? "python train.py"].join(" ");
}
