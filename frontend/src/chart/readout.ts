/** What lines say at an x: one binary search for each line. */

import type { Line } from "./line";
import { resolveColor } from "./palette";
import type { ChartTheme, Domain, PanelOptions, Reading } from "./types";

/** A line says something a little beyond its ends: this share of what is in view. */
const BEYOND = 0.005;

function isThere(line: Line, x: number, view: Domain): boolean {
  if (line.length === 0) return false;
  const first = line.x[0] as number;
  const last = line.x[line.length - 1] as number;
  const spacing = line.length > 1 ? (last - first) / (line.length - 1) : 0;
  const slack = Math.max(spacing / 2, BEYOND * (view[1] - view[0]));
  return x >= first - slack && x <= last + slack;
}

export function readLine(
  line: Line,
  x: number,
  options: PanelOptions,
  theme: ChartTheme,
  view: Domain,
): Reading | null {
  if (!isThere(line, x, view)) return null;
  const index = line.nearest(x);
  const raw = line.y[index] as number;
  const drawn = line.drawn(options);
  return {
    id: line.data.id,
    group: line.group,
    name: line.data.name,
    color: line.data.baseline ? theme.text1 : resolveColor(line.data.color, theme.mode),
    x: line.x[index] as number,
    value: drawn[index] as number,
    raw,
    low: line.low ? (line.low[index] as number) : raw,
    high: line.high ? (line.high[index] as number) : raw,
    delta: null,
    members: line.members?.[index] ?? null,
  };
}

export function readAll(
  lines: readonly Line[],
  x: number,
  options: PanelOptions,
  theme: ChartTheme,
  view: Domain,
): Reading[] {
  const readings = lines.flatMap((line) => readLine(line, x, options, theme, view) ?? []);
  const baseline = lines.find((line) => line.data.baseline);
  const from = readings.find(({ id }) => id === baseline?.data.id);
  if (!from || !Number.isFinite(from.value)) return readings;
  return readings.map((one) =>
    one === from || !Number.isFinite(one.value) ? one : { ...one, delta: one.value - from.value },
  );
}
