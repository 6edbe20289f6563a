/** What runs have in common and where they differ: one row for each key, one value for each run. */
import { flat } from "../../api/json-map";
import type { Json, JsonMap, Run } from "../../api/types";
import { plain } from "../../kit/format";

export const PARTS = ["config", "summary", "environment"] as const;
export type Part = (typeof PARTS)[number];

export interface DiffRow {
  id: string; // part.key
  part: Part;
  key: string;
  values: (Json | undefined)[]; // one for each run; undefined where the run lacks it
  same: boolean[]; // as the baseline has it
  differs: boolean;
}

const { compare: byName } = new Intl.Collator("en", { numeric: true });
const flats = new WeakMap<JsonMap, Map<string, Json>>(); // live changes leave most maps as they were

function flatOf(map: JsonMap): Map<string, Json> {
  const known = flats.get(map) ?? flat(map);
  flats.set(map, known);
  return known;
}

function alike(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  return typeof a === "object" && typeof b === "object" && JSON.stringify(a) === JSON.stringify(b);
}

/** The values of each key, a place for each run; one pass, as there may be a hundred of them. */
function valuesByKey(part: Part, runs: readonly Run[]): Map<string, (Json | undefined)[]> {
  const found = new Map<string, (Json | undefined)[]>();
  for (const [at, run] of runs.entries()) {
    for (const [key, value] of flatOf(run[part])) {
      let values = found.get(key);
      if (!values) {
        values = new Array<Json | undefined>(runs.length).fill(undefined);
        found.set(key, values);
      }
      values[at] = value;
    }
  }
  return found;
}

function rowsOf(part: Part, runs: readonly Run[], base: number): DiffRow[] {
  const rows = [...valuesByKey(part, runs)].map(([key, values]) => {
    const same = values.map((value) => alike(value, values[base]));
    return { id: `${part}.${key}`, part, key, values, same, differs: same.includes(false) };
  });
  return rows.sort((a, b) => byName(a.key, b.key));
}

/** Rows of these parts, config first; `base` is the place of the baseline. */
export function diffRows(runs: readonly Run[], base: number, parts: ReadonlySet<Part>): DiffRow[] {
  return PARTS.filter((part) => parts.has(part)).flatMap((part) => rowsOf(part, runs, base));
}

export interface DiffFilter {
  differing: boolean;
  matches: (text: string) => boolean;
}

/** Rows whose name, or any of whose values, is searched for. */
export function filtered(rows: readonly DiffRow[], { differing, matches }: DiffFilter): DiffRow[] {
  return rows.filter(
    (row) =>
      (!differing || row.differs) &&
      (matches(row.id) || row.values.some((value) => value !== undefined && matches(plain(value)))),
  );
}
