/** Where rows lie on parallel axes: shared by what paints them and what finds them. */

import { formatLogTick, formatTick } from "../format";
import { valueMarks } from "../layout";
import type { ParallelAxis, ParallelSpec } from "../plot-types";
import { type Scale, scaleOf } from "../scales";
import type { Domain, Rect } from "../types";
import { extentOf } from "./ramps";

/** One axis: 0 at its lower end, 1 at the upper. */
export interface AxisPlaces {
  readonly axis: ParallelAxis;
  /** For each row; NaN where it has no value there. */
  readonly at: Float32Array;
  readonly ticks: readonly { readonly at: number; readonly text: string }[];
  /** The place of a value, and the value at a place: ranks on an axis of quantiles. */
  place(value: number): number;
  value(at: number): number;
}

const known = new WeakMap<ParallelAxis, AxisPlaces>();

export function axisPlaces(axis: ParallelAxis): AxisPlaces {
  const found = known.get(axis) ?? build(axis);
  known.set(axis, found);
  return found;
}

function build(axis: ParallelAxis): AxisPlaces {
  if (axis.scale === "quantile") return byRank(axis);
  if (axis.scale === "category") return byCategory(axis);
  const log = axis.scale === "log";
  const [low, high] = extentOf(axis.values, log ? 0 : undefined);
  const even: Domain = low < high ? [low, high] : log ? [low / 2, high * 2] : [low - 1, high + 1];
  return onScale(axis, scaleOf(axis.scale, even, [0, 1]));
}

function onScale(axis: ParallelAxis, scale: Scale): AxisPlaces {
  const whole = axis.values.every((value) => Number.isInteger(value) || Number.isNaN(value));
  const marks = valueMarks(scale.domain, scale.kind, 240);
  const kept = marks.map(({ at }) => at).filter(Number.isInteger); // no 1.5 layers
  const ticks = whole ? kept.map((at) => ({ at, text: formatTick(at, kept) })) : marks;
  return {
    axis,
    at: Float32Array.from(axis.values, scale.map),
    ticks: ticks.map(({ at, text }) => ({ at: scale.map(at), text })),
    place: scale.map,
    value: scale.invert,
  };
}

function byCategory(axis: ParallelAxis): AxisPlaces {
  const names = axis.categories ?? [];
  const place = (value: number): number => (value + 0.5) / Math.max(1, names.length);
  return {
    axis,
    at: Float32Array.from(axis.values, place),
    ticks: names.map((text, i) => ({ at: place(i), text })),
    place,
    value: (at) => at * names.length - 0.5,
  };
}

/** Equal values share the middle of their ranks. */
function byRank(axis: ParallelAxis): AxisPlaces {
  const sorted = Float64Array.from(Array.from(axis.values).filter(Number.isFinite)).sort();
  const last = Math.max(1, sorted.length - 1);
  const bound = (value: number, orEqual: boolean): number => {
    let [low, high] = [0, sorted.length];
    while (low < high) {
      const middle = (low + high) >>> 1;
      const before = (sorted[middle] as number) < value || (orEqual && sorted[middle] === value);
      if (before) low = middle + 1;
      else high = middle;
    }
    return low;
  };
  const place = (value: number): number => {
    if (!Number.isFinite(value)) return Number.NaN;
    const [first, after] = [bound(value, false), bound(value, true)];
    return Math.min(1, Math.max(0, (first + Math.max(first, after - 1)) / 2 / last));
  };
  const value = (at: number): number =>
    sorted[Math.round(Math.min(1, Math.max(0, at)) * (sorted.length - 1))] as number;
  const quarters = [0, 0.25, 0.5, 0.75, 1];
  const marks = sorted.length > 0 ? quarters.map(value) : [];
  return {
    axis,
    at: Float32Array.from(axis.values, place),
    ticks: marks.map((mark, i) => ({
      at: quarters[i] as number,
      text: mark === 0 ? "0" : formatLogTick(Number(mark.toPrecision(3))),
    })),
    place,
    value,
  };
}

/** Pixels from left to right of an axis. */
export function axisX(plot: Rect, index: number, count: number): number {
  return count > 1 ? plot.left + (plot.width * index) / (count - 1) : plot.left + plot.width / 2;
}

/** Rows inside of all brushes: 1, else 0. A row without a value on a brushed axis is outside. */
export function brushed(
  spec: ParallelSpec,
  brushes: Readonly<Record<string, Domain>>,
  hidden: ReadonlySet<string>,
): Uint8Array {
  const inside = new Uint8Array(spec.ids.length).fill(1);
  if (hidden.size > 0) {
    spec.ids.forEach((id, i) => {
      if (hidden.has(id)) inside[i] = 0;
    });
  }
  for (const axis of spec.axes) {
    const brush = brushes[axis.key];
    if (!brush) continue;
    for (let i = 0; i < inside.length; i += 1) {
      const value = axis.values[i] as number;
      if (!(value >= brush[0] && value <= brush[1])) inside[i] = 0;
    }
  }
  return inside;
}
