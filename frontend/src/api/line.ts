/**
 * Line: one key of one run as it is drawn, and how it goes on while points arrive.
 *
 * A line begins as the buckets of a curve and takes in live points by the server's own rule
 * (a bucket is `floor(step / width)`, its `last` the point at the highest step), so what is
 * shown after an hour of appending is what a reload would show.
 */
import type { CurveSeries, Values } from "./frame";
import type { TailSeries } from "./live-frame";
import type { XAxis } from "./types";

type Float = Float64Array | Float32Array;
const VALUES = ["x", "step", "last", "low", "high", "mean"] as const;
const COUNTS = ["count", "nan", "posinf", "neginf"] as const;

/** What a tail says against a line that has seen `logged` points of its series. */
export type Fit = { verdict: "append"; from: number } | { verdict: "known" } | { verdict: "gap" };

export function judge(logged: number, tail: Pick<TailSeries, "start" | "n">): Fit {
  if (tail.start > logged) return { verdict: "gap" };
  if (tail.start + tail.n <= logged) return { verdict: "known" };
  return { verdict: "append", from: logged - tail.start };
}

/** New points of a line, as a chart takes them. */
export interface Growth {
  x: Float64Array;
  y: Float64Array;
}

export class Line {
  n: number;
  logged: number;
  width: number;
  x: Float64Array;
  step: Float64Array;
  last: Float;
  low: Float;
  high: Float;
  mean: Float;
  count: Uint32Array;
  nan: Uint32Array | null;
  posinf: Uint32Array | null;
  neginf: Uint32Array | null;
  private owned = false; // columns are ours to write, with room to grow

  constructor(series: CurveSeries, width: number) {
    const { columns, n } = series;
    const floats = (name: string) => (columns[name] ?? new Float64Array(n)) as Float;
    const counts = (name: string) => (columns[name] ?? null) as Uint32Array | null;
    this.n = n;
    this.logged = series.logged;
    this.width = Math.max(1, width);
    this.x = floats("x") as Float64Array;
    this.step = (columns.step ?? this.x) as Float64Array;
    this.last = floats("last");
    this.low = floats("low");
    this.high = floats("high");
    this.mean = floats("mean");
    this.count = counts("count") ?? new Uint32Array(n);
    this.nan = counts("nan");
    this.posinf = counts("posinf");
    this.neginf = counts("neginf");
  }

  /** A line that nobody logged to yet. */
  static empty(width = 1): Line {
    return new Line({ run: "", n: 0, logged: 0, columns: {} }, width);
  }

  /** The value of the last point, NaN and infinities included; null where there is none. */
  get lastValue(): number | null {
    return this.n ? (this.last[this.n - 1] as number) : null;
  }

  get lastStep(): number | null {
    return this.n ? (this.step[this.n - 1] as number) : null;
  }

  /** Lowest and highest finite value. */
  extremes(): { low: number; high: number } | null {
    let low = Number.POSITIVE_INFINITY;
    let high = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < this.n; i++) {
      const bottom = this.low[i] as number;
      const top = this.high[i] as number;
      if (bottom < low) low = bottom;
      if (top > high) high = top;
    }
    return low <= high ? { low, high } : null;
  }

  /**
   * Takes in the points of a tail from index `from` on, and gives them back as drawn.
   * `origin` is the run's start in seconds, which relative time counts from.
   */
  grow(tail: TailSeries, from: number, axis: XAxis, origin: number, buckets: number): Growth {
    this.own();
    const size = tail.n - from;
    const growth = { x: new Float64Array(size), y: new Float64Array(size) };
    for (let i = from; i < tail.n; i++) {
      const step = tail.step[i] as number;
      const time = tail.time[i] as number;
      const x = axis === "step" ? step : axis === "wall" ? time : time - origin;
      growth.x[i - from] = x;
      growth.y[i - from] = tail.value[i] as number;
      this.take(step, x, tail.value[i] as number);
    }
    this.logged = tail.start + tail.n;
    while (this.n > 2 * buckets) this.widen();
    return growth;
  }

  private bin(i: number): number {
    return Math.floor((this.step[i] as number) / this.width);
  }

  /** Where a bin is, or where it would have to be put in (as -1 - place). */
  private find(bin: number): number {
    if (this.n === 0 || bin > this.bin(this.n - 1)) return -1 - this.n;
    let low = 0;
    let high = this.n - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const there = this.bin(middle);
      if (there === bin) return middle;
      if (there < bin) low = middle + 1;
      else high = middle - 1;
    }
    return -1 - low;
  }

  private take(step: number, x: number, value: number): void {
    const found = this.find(Math.floor(step / this.width));
    const i = found >= 0 ? found : this.open(-1 - found, step);
    if (step >= (this.step[i] as number)) {
      this.step[i] = step;
      this.x[i] = x;
      this.last[i] = value;
    }
    if (Number.isFinite(value)) {
      const count = this.count[i] as number;
      this.low[i] = count ? Math.min(this.low[i] as number, value) : value;
      this.high[i] = count ? Math.max(this.high[i] as number, value) : value;
      this.mean[i] = count ? ((this.mean[i] as number) * count + value) / (count + 1) : value;
      this.count[i] = count + 1;
    } else {
      const odd = this.odd(Number.isNaN(value) ? "nan" : value > 0 ? "posinf" : "neginf");
      odd[i] = (odd[i] as number) + 1;
    }
  }

  /** Makes an empty bucket at a place. */
  private open(place: number, step: number): number {
    this.reserve(this.n + 1);
    for (const name of [...VALUES, ...COUNTS]) {
      const column = this[name];
      if (!column) continue;
      column.copyWithin(place + 1, place, this.n);
      column[place] = name === "low" || name === "high" || name === "mean" ? Number.NaN : 0;
    }
    this.step[place] = step;
    this.n += 1;
    return place;
  }

  private odd(name: "nan" | "posinf" | "neginf"): Uint32Array {
    const column = this[name] ?? new Uint32Array(this.count.length);
    this[name] = column;
    return column;
  }

  /** From columns that belong to a frame to columns of our own. */
  private own(): void {
    if (this.owned) return;
    this.owned = true;
    this.resize(Math.max(64, Math.ceil(this.n * 1.5)));
  }

  private reserve(size: number): void {
    if (size > this.x.length) this.resize(size * 2);
  }

  private resize(capacity: number): void {
    const longer = <T extends Values>(column: T, made: T): T => {
      made.set(column.subarray(0, this.n));
      return made;
    };
    for (const name of VALUES)
      this[name] = longer<Float>(this[name], new Float64Array(capacity)) as Float64Array;
    for (const name of COUNTS) {
      const column = this[name];
      if (column) this[name] = longer(column, new Uint32Array(capacity));
    }
  }

  /** Buckets twice as wide: neighbours that share one now become one. */
  private widen(): void {
    this.width *= 2;
    let to = -1;
    let bin = Number.NaN;
    for (let i = 0; i < this.n; i++) {
      const here = this.bin(i);
      if (here === bin) this.join(to, i);
      else {
        to += 1;
        this.move(to, i);
      }
      bin = here;
    }
    this.n = to + 1;
  }

  private move(to: number, from: number): void {
    for (const name of [...VALUES, ...COUNTS]) {
      const column = this[name];
      if (column) column[to] = column[from] as number;
    }
  }

  private join(to: number, from: number): void {
    const a = this.count[to] as number;
    const b = this.count[from] as number;
    if (b) {
      this.low[to] = a
        ? Math.min(this.low[to] as number, this.low[from] as number)
        : (this.low[from] as number);
      this.high[to] = a
        ? Math.max(this.high[to] as number, this.high[from] as number)
        : (this.high[from] as number);
      const sum = (a ? (this.mean[to] as number) * a : 0) + (this.mean[from] as number) * b;
      this.mean[to] = sum / (a + b);
    }
    for (const name of COUNTS) {
      const column = this[name];
      if (column) column[to] = (column[to] as number) + (column[from] as number);
    }
    for (const name of ["x", "step", "last"] as const) this[name][to] = this[name][from] as number;
  }
}
