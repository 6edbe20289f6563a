/**
 * How far the axes reach.
 *
 * With outliers clipped, y spans the 1.5th to the 98.5th percentile of what is in view, but only
 * where that gains much: a line that only rises or only falls, and values that stay in [0, 1], are
 * shown whole. Smoothing never moves the axis, because raw values decide.
 */

import type { Line } from "./line";
import { scaleOf } from "./scales";
import type { Domain, ScaleKind } from "./types";

const SAMPLE = 4096;
const TRIM = 0.015;
/** Clip only when the whole reach is this many times the robust one. */
const WORTH_CLIPPING = 1.5;
const PADDING = 0.05;

export interface YDomain {
  readonly domain: Domain;
  readonly clipped: boolean;
}

/** From the least to the greatest x; above `floor` only, for an axis that holds no others. */
export function xExtent(lines: readonly Line[], floor = Number.NEGATIVE_INFINITY): Domain | null {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  const take = (x: number): void => {
    if (!(x > floor) || x === Number.POSITIVE_INFINITY) return;
    low = Math.min(low, x);
    high = Math.max(high, x);
  };
  for (const line of lines) {
    const [first, last] = line.extent(floor);
    take(first);
    take(last);
    for (const x of line.data.marks?.x ?? []) take(x);
  }
  return low <= high ? [low, high] : null;
}

/** Indices of the points inside an x domain, and one more on either side. */
export function visibleRange(line: Line, x: Domain): readonly [number, number] {
  if (line.data.asGiven) return [0, line.length];
  const from = Math.max(0, line.lowerBound(x[0]) - 1);
  let to = line.lowerBound(x[1]);
  while (to < line.length && (line.x[to] as number) <= x[1]) to += 1;
  return [from, Math.min(line.length, to + 1)];
}

interface Survey {
  low: number;
  high: number;
  monotone: boolean;
  sample: number[];
}

function survey(line: Line, x: Domain, log: boolean, stride: number, into: Survey): void {
  const [from, to] = visibleRange(line, x);
  const { y, low, high, spreadLow, spreadHigh } = line;
  let before = Number.NaN;
  let [rises, falls] = [true, true];
  for (let i = from; i < to; i += 1) {
    const value = y[i] as number;
    if (!Number.isFinite(value) || (log && value <= 0)) continue;
    const least = low ? (low[i] as number) : value;
    const most = high ? (high[i] as number) : value;
    // A finite last value may stand beside an extreme that the scale cannot hold.
    into.low = Math.min(into.low, least <= value && (!log || least > 0) ? least : value);
    into.high = Math.max(
      into.high,
      most >= value && most < Number.POSITIVE_INFINITY ? most : value,
    );
    if (spreadLow && spreadHigh) {
      const [under, over] = [spreadLow[i] as number, spreadHigh[i] as number];
      if (under < into.low && (!log || under > 0)) into.low = under;
      if (over > into.high && over < Number.POSITIVE_INFINITY) into.high = over;
    }
    if (value < before) rises = false;
    if (value > before) falls = false;
    before = value;
    if (i % stride === 0) into.sample.push(value);
  }
  if (!rises && !falls) into.monotone = false;
}

/** A domain with air around it. */
export function padded(low: number, high: number, kind: ScaleKind): Domain {
  if (kind === "symlog" && low < high) {
    const scale = scaleOf(kind, [low, high], [0, 1]);
    return [scale.invert(-PADDING), scale.invert(1 + PADDING)];
  }
  if (kind === "log") {
    if (low === high) return [low / 2, high * 2];
    const by = (high / low) ** PADDING;
    return [low / by, high * by];
  }
  if (low === high) {
    const by = low === 0 ? 1 : Math.abs(low) * 0.1;
    return [low - by, high + by];
  }
  const by = (high - low) * PADDING;
  // Padding is air, not data: it does not carry an axis of losses below zero.
  return [low >= 0 && low - by < 0 ? 0 : low - by, high <= 0 && high + by > 0 ? 0 : high + by];
}

function robust(sample: number[], log: boolean, whole: Domain): Domain | null {
  if (sample.length < 20) return null;
  const sorted = Float64Array.from(sample).sort();
  const low = sorted[Math.floor(TRIM * (sorted.length - 1))] as number;
  const high = sorted[Math.ceil((1 - TRIM) * (sorted.length - 1))] as number;
  const reach = (d: Domain): number => (log ? Math.log(d[1] / d[0]) : d[1] - d[0]);
  if (!(low < high) || reach(whole) < WORTH_CLIPPING * reach([low, high])) return null;
  return [low, high];
}

/** null when nothing can be drawn on the axis. */
export function yDomain(
  lines: readonly Line[],
  x: Domain,
  options: { readonly scale: ScaleKind; readonly clip: boolean },
): YDomain | null {
  const log = options.scale === "log";
  const points = lines.reduce((sum, line) => sum + line.length, 0);
  const stride = Math.max(1, Math.ceil(points / SAMPLE));
  const seen: Survey = {
    low: Number.POSITIVE_INFINITY,
    high: Number.NEGATIVE_INFINITY,
    monotone: true,
    sample: [],
  };
  for (const line of lines) survey(line, x, log, stride, seen);
  if (!(seen.low <= seen.high)) return null;
  const bounded = seen.low >= 0 && seen.high <= 1;
  const clip = options.clip && !seen.monotone && !bounded;
  const trimmed = clip ? robust(seen.sample, log, [seen.low, seen.high]) : null;
  const [low, high] = trimmed ?? [seen.low, seen.high];
  return { domain: padded(low, high, options.scale), clipped: trimmed !== null };
}
