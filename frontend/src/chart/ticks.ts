/** Where an axis is marked: round numbers, decades, or the clock's own units. */

import type { Domain, XKind } from "./types";

const MINUTE = 60;
const HOUR = 3600;
const DAY = 86_400;
const CLOCK = [
  1,
  5,
  15,
  30,
  MINUTE,
  5 * MINUTE,
  15 * MINUTE,
  30 * MINUTE,
  HOUR,
  2 * HOUR,
  3 * HOUR,
  6 * HOUR,
  12 * HOUR,
  DAY,
  2 * DAY,
  7 * DAY,
  14 * DAY,
  30 * DAY,
  60 * DAY,
  90 * DAY,
  180 * DAY,
  365 * DAY,
];

/** Within a decade, from dense to sparse. */
const MANTISSAS = [[1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9], [1, 2, 3, 5], [1, 2, 5], [1, 3], [1]];

/** Seconds to add to UTC for the clock on the wall, at an instant. */
export type Zone = (epochSeconds: number) => number;

export const localZone: Zone = (seconds) => -60 * new Date(seconds * 1000).getTimezoneOffset();

/** The smallest of 1, 2, 5 × 10ⁿ that makes at most `count` steps of the span. */
export function niceStep(span: number, count: number): number {
  const rough = span / Math.max(1, count);
  const power = 10 ** Math.floor(Math.log10(rough));
  const fraction = rough / power;
  const nice = fraction <= 1.000001 ? 1 : fraction <= 2.000001 ? 2 : fraction <= 5.000001 ? 5 : 10;
  return nice * power;
}

function multiples(domain: Domain, step: number, offset = 0): number[] {
  const slack = 1e-9 * (domain[1] - domain[0]);
  const first = Math.ceil((domain[0] + offset - slack) / step);
  const last = Math.floor((domain[1] + offset + slack) / step);
  const ticks: number[] = [];
  for (let k = first; k <= last && ticks.length < 1000; k += 1) {
    // Rounding to the step's own digits: 3 × 0.1 is to read 0.3.
    ticks.push(Number((k * step - offset).toPrecision(15)) + 0);
  }
  return ticks;
}

export function linearTicks(domain: Domain, count: number, smallest = 0): number[] {
  const span = domain[1] - domain[0];
  if (!(span > 0) || !Number.isFinite(span)) return [domain[0]];
  return multiples(domain, Math.max(smallest, niceStep(span, count)));
}

function decadeTicks(domain: Domain, mantissas: readonly number[]): number[] {
  const ticks: number[] = [];
  const first = Math.floor(Math.log10(domain[0]));
  const last = Math.ceil(Math.log10(domain[1]));
  for (let power = first; power <= last; power += 1) {
    for (const mantissa of mantissas) {
      const value = Number(`${mantissa}e${power}`);
      if (value >= domain[0] * (1 - 1e-12) && value <= domain[1] * (1 + 1e-12)) ticks.push(value);
    }
  }
  return ticks;
}

function powerTicks(domain: Domain, every: number): number[] {
  return decadeTicks(domain, [1]).filter((_, index) => index % every === 0);
}

/** The densest set of marks that are at least `gap` of the axis's `length` apart. */
export function logTicks(domain: Domain, length: number, gap: number): number[] {
  const perDecade = length / Math.log10(domain[1] / domain[0]);
  const wideEnough = (ticks: readonly number[]): boolean =>
    ticks.every(
      (tick, i) => i === 0 || Math.log10(tick / (ticks[i - 1] as number)) * perDecade >= gap,
    );
  for (const mantissas of MANTISSAS) {
    const ticks = decadeTicks(domain, mantissas);
    if (ticks.length < 2) break;
    if (wideEnough(ticks)) return ticks;
  }
  const decades = Math.log10(domain[1] / domain[0]);
  if (decades < 1.5) return linearTicks(domain, Math.max(1, Math.floor(length / (2 * gap))));
  return powerTicks(domain, Math.max(1, Math.ceil(gap / perDecade)));
}

function clockStep(span: number, count: number): number {
  const rough = span / Math.max(1, count);
  const last = CLOCK.at(-1) as number;
  return CLOCK.find((step) => step >= rough) ?? niceStep(rough / last, 1) * last;
}

/** Marks of a time axis: whole seconds, minutes, hours or days of the zone's clock. */
export function timeTicks(domain: Domain, count: number, zone: Zone): number[] {
  const span = domain[1] - domain[0];
  if (!(span > 0)) return [domain[0]];
  if (span / Math.max(1, count) < 1) return linearTicks(domain, count);
  return multiples(domain, clockStep(span, count), zone(domain[0]));
}

export function xTicks(kind: XKind, domain: Domain, count: number, zone: Zone): number[] {
  if (kind === "step") return linearTicks(domain, count, 1);
  return timeTicks(domain, count, kind === "wall" ? zone : () => 0);
}
