/** What of a plot is at a pixel, and what is said of it. */

import { formatValue, formatX } from "../format";
import type {
  BoxSpec,
  ParallelSpec,
  PlotAxis,
  PlotHover,
  PlotSpec,
  ScatterSpec,
} from "../plot-types";
import { scaleOf } from "../scales";
import type { Domain, Frame } from "../types";
import { shownOf } from "./bars";
import { quartiles } from "./boxes";
import { columnEdges } from "./heat";
import { axisPlaces, axisX, brushed } from "./places";

const NEAR = 14;

export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface Sight {
  readonly spec: PlotSpec;
  readonly frame: Frame;
  readonly hidden: ReadonlySet<string>;
  readonly brushes: Readonly<Record<string, Domain>>;
}

function scales({ frame }: Sight) {
  const { plot, xDomain, yDomain, xScale, yScale } = frame;
  return {
    x: scaleOf(xScale, xDomain, [plot.left, plot.left + plot.width]),
    y: scaleOf(yScale, yDomain, [plot.top + plot.height, plot.top]),
  };
}

const valueText = (axis: PlotAxis, value: number): string =>
  axis.wall ? formatX("wall", value) : formatValue(value);

/** The place of the item at a pixel, or −1. */
export function hit(sight: Sight, px: number, py: number): number {
  const { spec, frame, hidden } = sight;
  const { plot } = frame;
  const isInside =
    px >= plot.left - 4 &&
    px <= plot.left + plot.width + 4 &&
    py >= plot.top - 4 &&
    py <= plot.top + plot.height + 4;
  if (!isInside) return -1;
  if (spec.type === "scatter") return nearestPoint(sight, spec, px, py);
  if (spec.type === "parallel") return nearestRow(sight, spec, px, py);
  const { x, y } = scales(sight);
  const row = Math.floor(y.invert(py));
  if (spec.type === "bar" || spec.type === "box") return shownOf(spec.ids, hidden)[row] ?? -1;
  if (spec.type === "matrix") {
    const column = Math.floor(x.invert(px));
    const isCell =
      row >= 0 && row < spec.rows.length && column >= 0 && column < spec.columns.length;
    return isCell ? row * spec.columns.length + column : -1;
  }
  const at = x.invert(px);
  const edges = columnEdges(spec.columns.map((column) => column.x));
  return edges.findIndex(([from, to]) => at >= from && at < to);
}

function nearestPoint(sight: Sight, spec: ScatterSpec, px: number, py: number): number {
  const { x, y } = scales(sight);
  let [best, away] = [-1, NEAR * NEAR];
  for (let i = 0; i < spec.ids.length; i += 1) {
    const dx = x.map(spec.xs[i] as number) - px;
    const dy = y.map(spec.ys[i] as number) - py;
    const here = dx * dx + dy * dy;
    if (!(here < away) || sight.hidden.has(spec.ids[i] as string)) continue;
    [best, away] = [i, here];
  }
  return best;
}

function nearestRow(sight: Sight, spec: ParallelSpec, px: number, py: number): number {
  const { plot } = sight.frame;
  const count = spec.axes.length;
  if (count < 2) return -1;
  const gap = plot.width / (count - 1);
  const left = Math.max(0, Math.min(count - 2, Math.floor((px - plot.left) / gap)));
  const share = (px - axisX(plot, left, count)) / gap;
  const [from, to] = [spec.axes[left], spec.axes[left + 1]].map(
    (axis) => axis && axisPlaces(axis).at,
  );
  if (!from || !to) return -1;
  const inside = brushed(spec, sight.brushes, sight.hidden);
  let [best, away] = [-1, NEAR];
  for (let i = 0; i < inside.length; i += 1) {
    if (!inside[i]) continue;
    const at = (from[i] as number) * (1 - share) + (to[i] as number) * share;
    const here = Math.abs(plot.top + (1 - at) * plot.height - py);
    if (here < away) [best, away] = [i, here];
  }
  return best;
}

/** The pixels that a mark over an item goes through: one for a point, several for a row. */
export function trail(sight: Sight, index: number): Point[] {
  const { spec, frame } = sight;
  if (spec.type === "scatter") {
    const { x, y } = scales(sight);
    return [{ x: x.map(spec.xs[index] as number), y: y.map(spec.ys[index] as number) }];
  }
  if (spec.type !== "parallel") return [];
  const { plot } = frame;
  return spec.axes.flatMap((axis, k) => {
    const at = axisPlaces(axis).at[index] as number;
    const y = plot.top + (1 - at) * plot.height;
    return Number.isFinite(y) ? [{ x: axisX(plot, k, spec.axes.length), y }] : [];
  });
}

/** How many items there are to walk through by keyboard. */
export function lengthOf(spec: PlotSpec): number {
  if (spec.type === "matrix") return spec.rows.length * spec.columns.length;
  return spec.type === "heat" ? spec.columns.length : spec.ids.length;
}

/** What is said of an item. */
export function describe(spec: PlotSpec, index: number): PlotHover {
  const facts: { label: string; value: string }[] = [];
  const add = (label: string, value: string): void => void facts.push({ label, value });
  if (spec.type === "matrix") {
    const [row, column] = [Math.floor(index / spec.columns.length), index % spec.columns.length];
    add(spec.label, formatValue(spec.values[index] as number));
    const name = `${spec.rows[row]} \u00d7 ${spec.columns[column]}`;
    return { index, id: null, name, facts };
  }
  if (spec.type === "heat") {
    const column = spec.columns[index];
    const [low, high] = [column?.edges[0] ?? NaN, column?.edges[column.edges.length - 1] ?? NaN];
    const total = Array.from(column?.counts ?? []).reduce((sum, count) => sum + count, 0);
    add(spec.y.label || "values", `${formatValue(low)} \u2026 ${formatValue(high)}`);
    add(spec.label, formatValue(total));
    const name = `${spec.x.label} ${valueText(spec.x, column?.x ?? NaN)}`;
    return { index, id: null, name, facts };
  }
  const id = spec.ids[index] ?? null;
  const name = spec.names?.[index] ?? id ?? "";
  if (spec.type === "scatter") {
    add(spec.x.label, valueText(spec.x, spec.xs[index] as number));
    add(spec.y.label, valueText(spec.y, spec.ys[index] as number));
  } else if (spec.type === "bar") {
    add(spec.value.label, formatValue(spec.values[index] as number));
    if (spec.low && spec.high) {
      const [low, high] = [spec.low[index] as number, spec.high[index] as number];
      add("from \u2026 to", `${formatValue(low)} \u2026 ${formatValue(high)}`);
    }
  } else if (spec.type === "box") boxFacts(spec, index, add);
  else {
    for (const axis of spec.axes) {
      const value = axis.values[index] as number;
      add(
        axis.label,
        axis.scale === "category" ? (axis.categories?.[value] ?? "") : formatValue(value),
      );
    }
  }
  const ramp = "ramp" in spec ? spec.ramp : null;
  if (ramp && !facts.some(({ label }) => label === ramp.label)) {
    add(ramp.label, formatValue(ramp.values[index] as number));
  }
  return { index, id, name, facts };
}

function boxFacts(spec: BoxSpec, index: number, add: (label: string, value: string) => void): void {
  const found = quartiles(spec.values[index] ?? []);
  add("n", String(found?.n ?? 0));
  if (!found) return;
  add("median", formatValue(found.median));
  add("quartiles", `${formatValue(found.q1)} \u2026 ${formatValue(found.q3)}`);
  add("whiskers", `${formatValue(found.low)} \u2026 ${formatValue(found.high)}`);
}
