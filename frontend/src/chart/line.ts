/**
 * Line: one line's columns in order of x, growing at its end, with its smoothed values at hand.
 *
 * Both sides keep one: the page to look values up, the painter to draw. Given the same data and
 * the same appends they hold the same, so nothing that was computed has to travel.
 */

import { smooth } from "./smoothing";
import type { Column, Domain, LineData, PanelOptions, SmoothingKind } from "./types";
import { MARK_NAN, MARK_NEGATIVE_INFINITY, MARK_POSITIVE_INFINITY } from "./types";

type AnyColumn = Column | Uint32Array;

/** What of a panel's options says which values are the line. */
export type Drawing = Pick<PanelOptions, "smoothing" | "smoothingKind" | "lineMode">;

interface Smoothed {
  readonly smoothing: number;
  readonly smoothingKind: SmoothingKind;
  readonly length: number;
  readonly values: Float64Array;
}

interface Columns {
  x: Float64Array;
  y: Column;
  low: Column | undefined;
  high: Column | undefined;
  mean: Column | undefined;
  count: Uint32Array | undefined;
  spreadLow: Column | undefined;
  spreadHigh: Column | undefined;
  members: Uint32Array | undefined;
}

function isOrdered(x: Float64Array, from: number, to: number): boolean {
  for (let i = Math.max(1, from); i < to; i += 1) {
    if (!((x[i] as number) >= (x[i - 1] as number))) return false;
  }
  return to === 0 || !Number.isNaN(x[0] as number);
}

function grown<C extends AnyColumn>(column: C, length: number, capacity: number): C {
  const bigger = new (column.constructor as new (size: number) => C)(capacity);
  bigger.set(column.subarray(0, length));
  return bigger;
}

function picked<C extends AnyColumn>(column: C, order: readonly number[]): C {
  const out = new (column.constructor as new (size: number) => C)(order.length);
  for (let i = 0; i < order.length; i += 1) out[i] = column[order[i] as number] as number;
  return out;
}

export class Line {
  readonly data: LineData;
  readonly group: string;
  length: number;
  private columns: Columns;
  private smoothed: Smoothed | null = null;

  constructor(data: LineData) {
    this.data = data;
    this.group = data.group ?? data.id;
    this.length = Math.min(data.x.length, data.y.length);
    const { x, y, low, high, mean, count, spreadLow, spreadHigh, members } = data;
    this.columns = { x, y, low, high, mean, count, spreadLow, spreadHigh, members };
    if (!isOrdered(x, 0, this.length)) this.order();
  }

  get x(): Float64Array {
    return this.columns.x;
  }
  get y(): Column {
    return this.columns.y;
  }
  get low(): Column | undefined {
    return this.columns.low;
  }
  get high(): Column | undefined {
    return this.columns.high;
  }
  get mean(): Column | undefined {
    return this.columns.mean;
  }
  get count(): Uint32Array | undefined {
    return this.columns.count;
  }
  get spreadLow(): Column | undefined {
    return this.columns.spreadLow;
  }
  get spreadHigh(): Column | undefined {
    return this.columns.spreadHigh;
  }
  get members(): Uint32Array | undefined {
    return this.columns.members;
  }

  /** Its least and greatest x above `floor`; NaN when there is none. */
  extent(floor: number): Domain {
    const { x } = this.columns;
    const nothing: Domain = [Number.NaN, Number.NaN];
    if (this.length === 0) return nothing;
    if (!this.data.asGiven) {
      let first = 0;
      while (first < this.length && (x[first] as number) <= floor) first += 1;
      return first < this.length ? [x[first] as number, x[this.length - 1] as number] : nothing;
    }
    let [low, high] = nothing;
    for (let i = 0; i < this.length; i += 1) {
      const at = x[i] as number;
      if (!(at > floor)) continue;
      if (!(low <= at)) low = at;
      if (!(high >= at)) high = at;
    }
    return [low, high];
  }

  /** Points logged one by one: each is its own bucket. The arrays given at birth stay untouched. */
  append(x: ArrayLike<number>, y: ArrayLike<number>): void {
    const added = Math.min(x.length, y.length);
    if (added === 0) return;
    const start = this.length;
    this.reserve(start + added);
    const { columns } = this;
    for (let i = 0; i < added; i += 1) {
      const value = y[i] as number;
      columns.x[start + i] = x[i] as number;
      columns.y[start + i] = value;
      if (columns.low) columns.low[start + i] = value;
      if (columns.high) columns.high[start + i] = value;
      if (columns.mean) columns.mean[start + i] = value;
      if (columns.count) columns.count[start + i] = 1;
      if (columns.members) columns.members[start + i] = 1;
      if (columns.spreadLow) columns.spreadLow[start + i] = Number.NaN;
      if (columns.spreadHigh) columns.spreadHigh[start + i] = Number.NaN;
    }
    this.length = start + added;
    this.smoothed = null;
    if (!isOrdered(columns.x, start, this.length)) this.order();
  }

  /** What is drawn as the line: smoothed values, the mean, or the last of each bucket. */
  drawn({ smoothing, smoothingKind, lineMode }: Drawing): Column {
    if (smoothing <= 0) {
      return (lineMode === "mean" ? this.columns.mean : undefined) ?? this.columns.y;
    }
    const { smoothed, length } = this;
    const isIt = smoothed?.smoothing === smoothing && smoothed.smoothingKind === smoothingKind;
    if (isIt && smoothed.length === length) return smoothed.values;
    const { x, y, mean, count } = this.columns;
    const values = smooth({ x, y, mean, count, length }, smoothing, smoothingKind);
    this.smoothed = { smoothing, smoothingKind, length, values };
    return values;
  }

  /** First index whose x is not before the given one: `length` when all are. */
  lowerBound(x: number): number {
    let low = 0;
    let high = this.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((this.columns.x[middle] as number) < x) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  /** Index of the point whose x is nearest; −1 when there is none. Of equal x, the last. */
  nearest(x: number): number {
    if (this.length === 0) return -1;
    if (this.data.asGiven) return this.nearestOfAll(x);
    const right = this.lowerBound(x);
    const xs = this.columns.x;
    let best = Math.min(right, this.length - 1);
    if (right > 0 && right < this.length) {
      const nearerLeft = x - (xs[right - 1] as number) < (xs[right] as number) - x;
      if (nearerLeft) best = right - 1;
    }
    const at = xs[best] as number;
    while (best + 1 < this.length && xs[best + 1] === at) best += 1;
    return best;
  }

  private nearestOfAll(x: number): number {
    const xs = this.columns.x;
    let best = 0;
    let away = Number.POSITIVE_INFINITY;
    for (let i = 0; i < this.length; i += 1) {
      const here = Math.abs((xs[i] as number) - x);
      if (here > away) continue;
      best = i;
      away = here;
    }
    return best;
  }

  /** Calls back wherever a value cannot be drawn; on a log axis that is zero and less, too. */
  eachMark(log: boolean, visit: (x: number, kind: number) => void): void {
    const { x, y } = this.columns;
    for (let i = 0; i < this.length; i += 1) {
      const value = y[i] as number;
      if (value > 0 ? value < Number.POSITIVE_INFINITY : !log && value > -Infinity) continue;
      if (Number.isNaN(value)) visit(x[i] as number, MARK_NAN);
      else visit(x[i] as number, value > 0 ? MARK_POSITIVE_INFINITY : MARK_NEGATIVE_INFINITY);
    }
    const marks = this.data.marks;
    if (!marks) return;
    for (let i = 0; i < marks.x.length; i += 1)
      visit(marks.x[i] as number, marks.kind[i] as number);
  }

  private reserve(length: number): void {
    const capacity = this.columns.x.length;
    // Views into the caller's frame are exactly full, so the first growth is the copy.
    if (length <= capacity && this.columns.x !== this.data.x) return;
    const size = Math.max(length, Math.ceil(capacity * 1.5), 64);
    this.each((column) => grown(column, this.length, size));
  }

  private order(): void {
    const { x } = this.columns;
    const order: number[] = [];
    for (let i = 0; i < this.length; i += 1) if (!Number.isNaN(x[i] as number)) order.push(i);
    if (!this.data.asGiven) {
      order.sort((a, b) => (x[a] as number) - (x[b] as number) || a - b);
    } else if (order.length === this.length) return;
    this.each((column) => picked(column, order));
    this.length = order.length;
    this.smoothed = null;
  }

  private each(change: <C extends AnyColumn>(column: C) => C): void {
    const { x, y, low, high, mean, count, spreadLow, spreadHigh, members } = this.columns;
    this.columns = {
      x: change(x),
      y: change(y),
      low: low && change(low),
      high: high && change(high),
      mean: mean && change(mean),
      count: count && change(count),
      spreadLow: spreadLow && change(spreadLow),
      spreadHigh: spreadHigh && change(spreadHigh),
      members: members && change(members),
    };
  }
}
