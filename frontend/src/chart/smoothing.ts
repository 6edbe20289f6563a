/**
 * Time-weighted exponential smoothing, the one that W&B users know.
 *
 * With the slider at p and s = min(√p, 0.999), a point that lies Δ after the one before it, on an
 * axis scaled so that the line is 1000 long, lets what came before count s^Δ:
 *
 *     sum = sum · s^Δ + y      weight = weight · s^Δ + 1      smoothed = sum / weight
 *
 * Three promises beyond that:
 * - It does not move when another line is hidden or the view is zoomed: the axis is scaled by the
 *   line's own extent. Lines of equal extent get W&B's numbers.
 * - It is safe for buckets. A bucket stands for `count` points spread evenly over its width, each
 *   worth the bucket's mean: their geometric weights are summed in closed form. One point in each
 *   bucket is the formula above; a line that is constant within its buckets gets the numbers that
 *   its full resolution would give.
 * - A value that is not finite stays where it is and leaves what follows alone.
 */

import type { Column } from "./types";

const VIEWPORT = 1000;

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

export function smooth(line: Smoothable, smoothing: number): Float64Array {
  const length = line.length ?? line.x.length;
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
    // The first bucket's width is unknown: the next one's is the best guess.
    const width = Number.isNaN(before)
      ? ((x[Math.min(1, length - 1)] as number) - here) * unit
      : (here - before) * unit;
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
