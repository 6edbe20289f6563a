/** Columns of figures: which value of a key, which of them is best, how far each is from the baseline. */
import type { ComparedKey } from "../../api/comparison";
import { direction } from "../../api/direction";
import { fromJson } from "../../kit/format";

export const TAKEN = ["last", "min", "max", "mean"] as const;
export type Taken = (typeof TAKEN)[number];
export const AT_STEP = "at step";

const FIELD = { last: "values", min: "low", max: "high", mean: "mean" } as const;

export interface Figures {
  id: string; // key:taken
  key: string;
  taken: Taken | typeof AT_STEP;
  values: (number | null)[]; // one for each run of the page
  steps?: (number | null)[]; // of which step each value is, where it was asked for one
  best: number | null; // the value, null where nobody knows which way is better
}

/** Which way is better: as the script said, else as the name of the key does. */
export function better({ key, goal }: Pick<ComparedKey, "key" | "goal">): "low" | "high" | null {
  if (goal) return goal === "minimize" ? "low" : "high";
  return direction(key);
}

export function bestOf(
  values: readonly (number | null)[],
  way: "low" | "high" | null,
): number | null {
  const finite = values.filter((value): value is number => Number.isFinite(value));
  if (way === null || finite.length < 2) return null;
  return way === "low" ? Math.min(...finite) : Math.max(...finite);
}

/** `order` says which place of the answer each run of the page has; -1 where it has none. */
export function figuresOf(key: ComparedKey, taken: Taken, order: readonly number[]): Figures {
  const column = key[FIELD[taken]];
  const values = order.map((at) => fromJson(at < 0 ? null : (column[at] ?? null)));
  const best = bestOf(values, better(key));
  return { id: `${key.key}:${taken}`, key: key.key, taken, values, best };
}

/** What a key was at a step, or before it where nothing was logged there. */
export function figuresAtStep(key: ComparedKey, step: number, order: readonly number[]): Figures {
  const values = order.map((at) => fromJson(at < 0 ? null : (key.at?.[at] ?? null)));
  const steps = order.map((at) => (at < 0 ? null : (key.at_steps?.[at] ?? null)));
  const best = bestOf(values, better(key));
  return { id: `${key.key}:at ${step}`, key: key.key, taken: AT_STEP, values, steps, best };
}

/** Keys that most want to see first: what scripts logged, losses before the rest. */
export function usualKeys(keys: readonly ComparedKey[], most: number): string[] {
  const logged = keys.filter(({ key }) => !key.startsWith("system/") && !key.startsWith("_"));
  const some = logged.length ? logged : keys;
  const rank = (key: ComparedKey) => (better(key) === null ? 1 : 0);
  const sorted = [...some].sort((a, b) => rank(a) - rank(b) || b.runs - a.runs);
  return sorted.slice(0, most).map(({ key }) => key);
}
