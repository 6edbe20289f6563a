/**
 * Heat: histograms of many steps on one grid of bins, and where the grid lies in its panel.
 *
 * Every step keeps its own bins when it is logged; here they are spread over common ones, each
 * count over the bins it covers, so that the counts of a column still sum up to what was logged.
 */
import type { Histogram } from "../values";

export interface Heat {
  steps: readonly number[]; // of the columns
  low: number;
  high: number;
  rows: number;
  shares: readonly Float32Array[]; // of each column's count, by row from the lowest
}

/** The whole range that the histograms cover; null where there is none. */
export function rangeOf(histograms: readonly Histogram[]): [number, number] | null {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { edges } of histograms) {
    low = Math.min(low, edges[0] as number);
    high = Math.max(high, edges.at(-1) as number);
  }
  return low < high ? [low, high] : null;
}

/** The counts of a histogram over `rows` equal bins between low and high. */
export function spread(
  { counts, edges }: Histogram,
  low: number,
  high: number,
  rows: number,
): Float32Array {
  const found = new Float32Array(rows);
  const height = (high - low) / rows;
  counts.forEach((count, at) => {
    if (!count) return;
    const from = ((edges[at] as number) - low) / height;
    const to = ((edges[at + 1] as number) - low) / height;
    const first = Math.min(rows - 1, Math.max(0, Math.floor(from)));
    const last = Math.min(rows - 1, Math.max(first, Math.ceil(to) - 1));
    for (let row = first; row <= last; row += 1) {
      const covered = Math.min(to, row + 1) - Math.max(from, row);
      const share = to > from ? Math.max(0, covered) / (to - from) : 1 / (last - first + 1);
      found[row] = (found[row] as number) + count * share;
    }
  });
  return found;
}

/** At most `columns` of the steps, the last among them: a screen has no more. */
export function chosen(length: number, columns: number): number[] {
  if (length <= columns) return Array.from({ length }, (_, at) => at);
  return Array.from({ length: columns }, (_, at) =>
    Math.round((at * (length - 1)) / (columns - 1)),
  );
}

export function heatOf(
  steps: readonly number[],
  histograms: readonly (Histogram | null)[],
  columns: number,
  rows: number,
): Heat | null {
  const there = histograms.flatMap((one, at) => (one ? [{ one, step: steps[at] as number }] : []));
  const taken = chosen(there.length, columns).map((at) => there[at] as (typeof there)[number]);
  const range = rangeOf(taken.map(({ one }) => one));
  if (!range) return null;
  const [low, high] = range;
  const shares = taken.map(({ one }) => {
    const column = spread(one, low, high, rows);
    const whole = column.reduce((sum, count) => sum + count, 0) || 1;
    return column.map((count) => count / whole);
  });
  return { steps: taken.map(({ step }) => step), low, high, rows, shares };
}

/** Where the columns begin and end: each reaches half-way to its neighbours. */
export function columnEdges(steps: readonly number[], map: (step: number) => number): number[] {
  const between = steps.slice(1).map((step, at) => map(((steps[at] as number) + step) / 2));
  const first = steps[0] ?? 0;
  const last = steps.at(-1) ?? 0;
  const half = steps.length > 1 ? (last - first) / (steps.length - 1) / 2 : 0.5;
  return [map(first - half), ...between, map(last + half)];
}
