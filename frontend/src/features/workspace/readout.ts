/** What the header of a panel says: one run's last value, or the best of those shown. */
import type { Curves } from "../../api/curves";
import { direction } from "../../api/direction";
import { valueAt } from "../../api/json-map";
import type { Line } from "../../api/line";
import type { Run } from "../../api/types";
import { fromJson } from "../../kit/format";

interface Question {
  curves: Pick<Curves, "line">;
  runs: readonly Run[];
  shown: ReadonlySet<string>;
  focused: string | null;
  key: string;
  version: number; // of the lines: asks anew when they have grown
}

export interface Said {
  what: "last" | "best";
  run: Run;
  value: number;
}

/**
 * The last value with every digit. Curves may come as float32, and the summary of a run holds
 * the same number in full: where the two are one number, the summary's is said.
 */
export function exactLast(line: Line, run: Run, key: string): number | null {
  const value = line.lastValue;
  if (value === null) return null;
  const full = fromJson(valueAt(run.summary, key));
  return full !== null && Math.fround(full) === value ? full : value;
}

export function readOut({ curves, runs, shown, focused, key }: Question): Said | null {
  const drawn = runs.flatMap((run) => {
    const line = shown.has(run.id) ? curves.line(key, run.id) : null;
    return line?.n ? [{ run, line }] : [];
  });
  const one = drawn.find(({ run }) => run.id === focused) ?? (drawn.length === 1 ? drawn[0] : null);
  if (one) {
    const value = exactLast(one.line, one.run, key);
    return value === null ? null : { what: "last", run: one.run, value };
  }
  const better = direction(key);
  if (!better) return null;
  let best: Said | null = null;
  for (const { run, line } of drawn) {
    const ends = line.extremes();
    if (!ends) continue;
    const value = ends[better];
    if (!best || (better === "low" ? value < best.value : value > best.value)) {
      best = { what: "best", run, value };
    }
  }
  return best;
}
