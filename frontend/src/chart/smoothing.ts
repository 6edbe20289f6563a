/**
 * Four ways of smoothing, all safe for buckets and for values that are not finite.
 *
 * `time` is the time-weighted exponential smoothing that W&B users know. With the slider at p and
 * s = min(√p, 0.999), a point that lies Δ after the one before it, on an axis scaled so that the
 * line is 1000 long, lets what came before count s^Δ:
 *
 *     sum = sum · s^Δ + y      weight = weight · s^Δ + 1      smoothed = sum / weight
 *
 * `ema` is the same with Δ = 1 and s = p for every point, wherever it lies. `gaussian` weighs the
 * points around by exp(−d² / 2σ²), d counted in points, as far as 4σ. `mean` is the mean of the
 * points in a window, half of it on either side, cut off at the ends of the line.
 *
 * Three promises beyond that:
 * - It does not move when another line is hidden or the view is zoomed: the axis is scaled by the
 *   line's own extent. Lines of equal extent get W&B's numbers.
 * - It is safe for buckets. A bucket stands for `count` points spread evenly over its width, each
 *   worth the bucket's mean. One point in each bucket is the formula above; a line that is constant
 *   within its buckets gets the numbers that its full resolution would give (`gaussian`: as well as
 *   a bucket's centre stands for all of it).
 * - A value that is not finite stays where it is and leaves what surrounds it alone.
 */

import type { Column, SmoothingKind } from "./types";

const VIEWPORT = 1000;
/** Standard deviations beyond which a point no longer counts. */
const FAR = 4;

export interface Smoothable {
  readonly x: Float64Array;
  readonly y: Column;
  readonly mean?: Column | undefined;
  readonly count?: Uint32Array | undefined;
  /** Points used; all of x when left out. */
  readonly length?: number | undefined;
}

function perUnit(x: Float64Array, length: number): number {
  const extent = length > 0 ? (x[length - 1] as number) - (x[0] as number) : 0;
  return extent > 0 ? VIEWPORT / extent : 0;
}

/** What `count` evenly spread points weigh together, when their spread decays by `decay`. */
function bucketWeight(decay: number, count: number): number {
  if (count <= 1) return 1;
  const each = decay ** (1 / count);
  return each > 1 - 1e-9 ? count : (1 - decay) / (1 - each);
}

function timeWeighted(line: Smoothable, smoothing: number, length: number): Float64Array {
  const { x, count } = line;
  const values = line.mean ?? line.y;
  const out = new Float64Array(length).fill(Number.NaN);
  const strength = Math.min(Math.sqrt(Math.max(0, smoothing)), 0.999);
  const unit = perUnit(x, length);
  let sum = 0;
  let weight = 0;
  let before = Number.NaN;
  let [step, decay] = [Number.NaN, 1];
  for (let i = 0; i < length; i += 1) {
    const value = values[i] as number;
    if (!Number.isFinite(value)) continue;
    const here = x[i] as number;
    // The first bucket's width is unknown: the next one's is the best guess. An x that goes back
    // is as far from the one before as if it went on.
    const width = Number.isNaN(before)
      ? ((x[Math.min(1, length - 1)] as number) - here) * unit
      : Math.abs(here - before) * unit;
    if (width !== step) {
      step = width;
      decay = strength ** width;
    }
    const points = count === undefined ? 1 : bucketWeight(decay, count[i] as number);
    sum = sum * decay + value * points;
    weight = weight * decay + points;
    before = here;
    out[i] = sum / weight;
  }
  return out;
}

function pointWeighted(line: Smoothable, smoothing: number, length: number): Float64Array {
  const values = line.mean ?? line.y;
  const out = new Float64Array(length).fill(Number.NaN);
  const strength = Math.min(Math.max(0, smoothing), 0.999);
  let [sum, weight] = [0, 0];
  for (let i = 0; i < length; i += 1) {
    const value = values[i] as number;
    if (!Number.isFinite(value)) continue;
    const points = Math.max(1, line.count?.[i] ?? 1);
    const decay = strength ** points;
    const own = bucketWeight(decay, points);
    sum = sum * decay + value * own;
    weight = weight * decay + own;
    out[i] = sum / weight;
  }
  return out;
}

/** The finite buckets alone: where the points of each begin and end, counted in points. */
interface Counted {
  readonly places: readonly number[];
  /** Of the finite bucket k its points are ends[k] … ends[k + 1]. */
  readonly ends: Float64Array;
}

function counted(line: Smoothable, values: Column, length: number): Counted {
  const places: number[] = [];
  const ends = new Float64Array(length + 1);
  for (let i = 0; i < length; i += 1) {
    if (!Number.isFinite(values[i] as number)) continue;
    const k = places.push(i);
    ends[k] = (ends[k - 1] as number) + Math.max(1, line.count?.[i] ?? 1);
  }
  return { places, ends: ends.subarray(0, places.length + 1) };
}

function gaussian(line: Smoothable, sigma: number, length: number): Float64Array {
  const values = line.mean ?? line.y;
  const { places, ends } = counted(line, values, length);
  const out = new Float64Array(length).fill(Number.NaN);
  const middle = (k: number): number => ((ends[k] as number) + (ends[k + 1] as number)) / 2;
  let first = 0;
  for (let k = 0; k < places.length; k += 1) {
    const here = middle(k);
    while (here - middle(first) > FAR * sigma) first += 1;
    let [sum, weight] = [0, 0];
    for (let j = first; j < places.length; j += 1) {
      const away = middle(j) - here;
      if (away > FAR * sigma) break;
      const points = (ends[j + 1] as number) - (ends[j] as number);
      const own = points * Math.exp((-away * away) / (2 * sigma * sigma));
      sum += own * (values[places[j] as number] as number);
      weight += own;
    }
    out[places[k] as number] = sum / weight;
  }
  return out;
}

function runningMean(line: Smoothable, window: number, length: number): Float64Array {
  const values = line.mean ?? line.y;
  const { places, ends } = counted(line, values, length);
  const out = new Float64Array(length).fill(Number.NaN);
  // Half a window on either side of a bucket's middle, whole points where buckets are points.
  const reach = Math.max(1, window) / 2;
  let [from, to] = [0, 0];
  let sum = 0;
  const all = (k: number): number =>
    (values[places[k] as number] as number) * ((ends[k + 1] as number) - (ends[k] as number));
  for (let k = 0; k < places.length; k += 1) {
    const middle = ((ends[k] as number) + (ends[k + 1] as number)) / 2;
    const total = ends[places.length] as number;
    const [left, right] = [Math.max(0, middle - reach), Math.min(total, middle + reach)];
    while (to < places.length && (ends[to + 1] as number) <= right) {
      sum += all(to);
      to += 1;
    }
    while ((ends[from + 1] as number) <= left) {
      sum -= all(from);
      from += 1;
    }
    // What the window cuts off of the buckets at its two ends.
    const over = to < places.length ? right - (ends[to] as number) : 0;
    const under = left - (ends[from] as number);
    const last = over > 0 ? over * (values[places[to] as number] as number) : 0;
    const first = under > 0 ? under * (values[places[from] as number] as number) : 0;
    out[places[k] as number] = (sum + last - first) / (right - left);
  }
  return out;
}

/** The smoothed values, one for each point; NaN where the value is not finite. */
export function smooth(
  line: Smoothable,
  smoothing: number,
  kind: SmoothingKind = "time",
): Float64Array {
  const length = line.length ?? line.x.length;
  if (kind === "ema") return pointWeighted(line, smoothing, length);
  if (kind === "gaussian") return gaussian(line, Math.max(1e-3, smoothing), length);
  if (kind === "mean") return runningMean(line, smoothing, length);
  return timeWeighted(line, smoothing, length);
}
