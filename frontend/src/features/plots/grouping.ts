/** Values of runs put together by what another column says of them. */
import { number } from "../../kit/format";
import type { PlotColumn } from "./columns";

export interface ValueGroup {
  name: string;
  values: Float64Array;
}

/** In the order of the column's values; runs without one of both are left out. */
export function groupsOf(by: PlotColumn, figures: Float64Array): ValueGroup[] {
  const groups = new Map<number, number[]>();
  by.values.forEach((key, at) => {
    const value = figures[at] ?? Number.NaN;
    if (Number.isNaN(key) || !Number.isFinite(value)) return;
    const group = groups.get(key);
    if (group) group.push(value);
    else groups.set(key, [value]);
  });
  const name = (key: number) => by.categories?.[key] ?? number(key);
  return [...groups]
    .sort(([a], [b]) => a - b)
    .map(([key, values]) => ({ name: name(key), values: Float64Array.from(values) }));
}
