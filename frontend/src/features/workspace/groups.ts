/**
 * Groups: runs that are alike, as the list shows them and as the server draws them.
 *
 * A grouping is a list of names: fields of runs, `config.<key>`, and `!key` for everything in the
 * config but that key. What is alike is told by the server's rules (docs/reference/http-api.md,
 * "Groups"), so a group that was drawn is found by any of its runs.
 */
import type { Grouping } from "../../api/curves";
import { valueAt } from "../../api/json-map";
import type { Json, JsonMap, Run } from "../../api/types";
import { member } from "./layout";

export interface RunGroup {
  id: string;
  label: string;
  runs: readonly Run[]; // as they are ordered
  color: number; // of its first run, so that a group keeps it while runs are added
}

export const GROUP_FIELDS = ["group", "job_type", "tags", "state", "user"] as const;
export const CONFIG = "config.";
export const BUT = "!";

/** What is asked of the server. */
export function groupingOf(names: readonly string[]): Grouping {
  const by = names.filter((name) => !name.startsWith(BUT));
  const but = names.filter((name) => name.startsWith(BUT)).map((name) => name.slice(BUT.length));
  if (but.length === 0) return { group: by };
  const except = but.filter(Boolean);
  return by.length ? { group: by, group_except: except } : { group_except: except };
}

const isMap = (value: Json | undefined): value is JsonMap =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** The values of a config under dotted names. */
export function leavesOf(config: JsonMap): Map<string, Json> {
  const leaves = new Map<string, Json>();
  const walk = (map: JsonMap, before: string) => {
    for (const [key, value] of Object.entries(map)) {
      if (isMap(value) && Object.keys(value).length > 0) walk(value, `${before}${key}.`);
      else if (value !== undefined) leaves.set(before + key, value);
    }
  };
  walk(config, "");
  return leaves;
}

type Leaves = ReadonlyMap<string, Json>;

function ownValue(name: string, run: Run, leaves: Leaves): Json {
  if (name === "tags") return [...run.tags].sort();
  if (!name.startsWith(CONFIG)) return (valueAt(run as unknown as JsonMap, name) ?? null) as Json;
  const key = name.slice(CONFIG.length);
  const own = leaves.get(key);
  if (own !== undefined) return own;
  const below = [...leaves].filter(([each]) => each.startsWith(`${key}.`));
  return below.length ? Object.fromEntries(below) : null;
}

/** Keys of the configs that are not the same in all of these runs, by name. */
export function differing(all: readonly Leaves[]): string[] {
  const keys = new Set(all.flatMap((leaves) => [...leaves.keys()]));
  return [...keys]
    .filter((key) => !key.startsWith("_"))
    .filter((key) => {
      const said = (leaves: Leaves) => JSON.stringify(leaves.get(key) ?? null);
      const first = said(all[0] as Leaves);
      return all.some((leaves) => said(leaves) !== first);
    })
    .sort();
}

function namesOf(names: readonly string[], all: readonly Leaves[]): string[] {
  const { group = [], group_except: but } = groupingOf(names);
  if (!but) return group;
  const excepted = (key: string) => but.some((one) => key === one || key.startsWith(`${one}.`));
  const rest = differing(all).filter((key) => !excepted(key) && !group.includes(CONFIG + key));
  return [...group, ...rest.map((key) => CONFIG + key)];
}

function told(value: Json): string {
  if (value === null || value === "") return "–";
  if (Array.isArray(value)) return value.map((one) => told(one as Json)).join(" · ") || "–";
  return typeof value === "string" ? value : JSON.stringify(value);
}

function labelOf(names: readonly string[], values: readonly Json[]): string {
  if (names.length === 0) return "All runs";
  const bare = (name: string) =>
    name.startsWith(CONFIG) ? name.slice(CONFIG.length) : name.replace("_", " ");
  return names.map((name, at) => `${bare(name)}: ${told(values[at] ?? null)}`).join(", ");
}

/** The runs in their groups, in the order of the groups' first rows. */
export function groupRuns(
  runs: readonly Run[],
  names: readonly string[],
  colors: Readonly<Record<string, number>> = {},
): RunGroup[] {
  const all = runs.map((run) => leavesOf(run.config));
  const fields = namesOf(names, all);
  const found = new Map<string, { values: Json[]; runs: Run[] }>();
  for (const [at, run] of runs.entries()) {
    const values = fields.map((name) => ownValue(name, run, all[at] as Leaves));
    const id = `=${JSON.stringify(values)}`;
    const group = found.get(id) ?? { values, runs: [] };
    group.runs.push(run);
    found.set(id, group);
  }
  return [...found].map(([id, { values, runs }]) => {
    const first = runs.reduce((one, other) => (other.created_at < one.created_at ? other : one));
    return { id, label: labelOf(fields, values), runs, color: member(colors, id) ?? first.color };
  });
}

/** What the grouping is called in a few words. */
export function groupingLabel(names: readonly string[]): string {
  if (names.length === 0) return "Group";
  const { group = [], group_except: but } = groupingOf(names);
  const by = group.map((name) => name.replace(CONFIG, "").replace("_", " "));
  const rest = but && (but.length ? `all but ${but.join(", ")}` : "all of the config");
  return `By ${[...by, ...(rest ? [rest] : [])].join(", ")}`;
}
