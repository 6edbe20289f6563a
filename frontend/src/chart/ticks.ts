/** Where an axis is marked: round numbers, decades, or the clock's own units. */

import { symlogScale, symlogUnit } from "./scales";
import type { Domain, ScaleKind, XKind } from "./types";

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

/** Marks within a decade, the most welcome first. */
const MANTISSAS = [1, 5, 2, 3, 4, 6, 8, 1.5, 2.5, 7, 9];

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

function powers(domain: Domain, mantissa: number): number[] {
  const ticks: number[] = [];
  const first = Math.floor(Math.log10(domain[0])) - 1;
  const last = Math.ceil(Math.log10(domain[1]));
  for (let power = first; power <= last; power += 1) {
    const value = Number(`${mantissa}e${power}`);
    if (value >= domain[0] * (1 - 1e-12) && value <= domain[1] * (1 + 1e-12)) ticks.push(value);
  }
  return ticks;
}

/** As many round marks as fit `gap` pixels apart on an axis `length` long: decades first. */
export function logTicks(domain: Domain, length: number, gap: number): number[] {
  const decades = Math.log10(domain[1] / domain[0]);
  const perDecade = length / decades;
  if (perDecade < gap) {
    const every = Math.ceil(gap / perDecade);
    return powers(domain, 1).filter((tick) => Math.round(Math.log10(tick)) % every === 0);
  }
  const chosen: number[] = [];
  const fits = (tick: number): boolean =>
    chosen.every((other) => Math.abs(Math.log10(tick / other)) * perDecade >= gap);
  for (const mantissa of MANTISSAS) {
    for (const tick of powers(domain, mantissa)) if (fits(tick)) chosen.push(tick);
  }
  if (chosen.length < 3) return linearTicks(domain, Math.max(2, Math.floor(length / (1.5 * gap))));
  return chosen.sort((a, b) => a - b);
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

/** Zero and the decades of either sign that fit `gap` pixels apart. */
export function symlogTicks(domain: Domain, length: number, gap: number): number[] {
  const scale = symlogScale(domain, [0, length]);
  const size = Math.max(Math.abs(domain[0]), Math.abs(domain[1]));
  const chosen = [0];
  const decades: number[] = [];
  for (let power = symlogUnit(domain); power <= size * (1 + 1e-12); power *= 10) {
    decades.unshift(Number(power.toPrecision(1)));
  }
  const fits = (tick: number): boolean =>
    chosen.every((other) => Math.abs(scale.map(tick) - scale.map(other)) >= gap);
  for (const decade of decades) {
    for (const tick of [decade, -decade]) if (fits(tick)) chosen.push(tick);
  }
  const kept = chosen.filter((tick) => tick >= domain[0] && tick <= domain[1]);
  if (kept.length < 2) return linearTicks(domain, Math.max(2, Math.floor(length / (1.5 * gap))));
  return kept.sort((a, b) => a - b);
}

/** Marks of an axis `length` pixels long, at least `gap` apart. */
export function ticksOf(kind: ScaleKind, domain: Domain, length: number, gap: number): number[] {
  if (kind === "log") return logTicks(domain, length, gap);
  if (kind === "symlog") return symlogTicks(domain, length, gap);
  return linearTicks(domain, Math.max(2, Math.floor(length / (1.3 * gap))));
}

export function xTicks(kind: XKind, domain: Domain, count: number, zone: Zone): number[] {
  if (kind === "step") return linearTicks(domain, count, 1);
  if (kind === "metric") return linearTicks(domain, count);
  return timeTicks(domain, count, kind === "wall" ? zone : () => 0);
}
