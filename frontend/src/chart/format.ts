/** Numbers and times as people read them: four digits, SI prefixes, a true minus sign. */

import { localZone, type Zone } from "./ticks";
import type { XKind } from "./types";

const MINUS = "\u2212";
const PREFIXES: readonly (readonly [number, string])[] = [
  [1e12, "T"],
  [1e9, "G"],
  [1e6, "M"],
  [1e3, "k"],
];
const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

const trueMinus = (text: string): string => text.replace(/-/g, MINUS);

function notFinite(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  return value > 0 ? "Inf" : `${MINUS}Inf`;
}

function grouped(integer: string): string {
  return integer.replace(/\B(?=(\d{3})+$)/g, ",");
}

function scientific(value: number, digits: number): string {
  const [mantissa, exponent] = value.toExponential(digits).split("e") as [string, string];
  return trueMinus(`${mantissa}e${Number(exponent)}`);
}

function withPrefix(value: number, write: (scaled: number) => string): string {
  const [unit, prefix] = PREFIXES.find(([size]) => Math.abs(value) >= size) ?? [1, ""];
  return trueMinus(write(value / unit)) + prefix;
}

/** A value with four significant digits: what tooltips and headers show. */
export function formatValue(value: number): string {
  if (!Number.isFinite(value)) return notFinite(value);
  const size = Math.abs(value);
  if (value === 0) return "0";
  if (Number.isInteger(value) && size < 1e6) return trueMinus(grouped(String(value)));
  if (size >= 1e15 || size < 1e-3) return scientific(value, 3);
  // Rounding to four digits first, so that 99 999.9 becomes 100k and not 1.000e5.
  const rounded = Number(value.toPrecision(4));
  if (Math.abs(rounded) >= 1e4) return withPrefix(rounded, (scaled) => scaled.toPrecision(4));
  const text = rounded.toPrecision(4);
  const [whole, rest] = text.split(".") as [string, string | undefined];
  return trueMinus(rest === undefined ? grouped(whole) : `${grouped(whole)}.${rest}`);
}

/** A difference, with its sign. */
export function formatDelta(value: number): string {
  return value > 0 ? `+${formatValue(value)}` : formatValue(value);
}

function decimals(step: number): number {
  if (!(step > 0)) return 0;
  for (let digits = 0; digits < 15; digits += 1) {
    const shifted = step * 10 ** digits;
    if (Math.abs(shifted - Math.round(shifted)) < 1e-6 * shifted) return digits;
  }
  return 15;
}

/** One mark of an axis; `ticks` are all of them, so that they share a notation. */
export function formatTick(value: number, ticks: readonly number[]): string {
  if (!Number.isFinite(value)) return notFinite(value);
  if (value === 0) return "0";
  const largest = Math.max(...ticks.map(Math.abs));
  const step = ticks.reduce(
    (least, tick, i) =>
      i === 0 ? least : Math.min(least, Math.abs(tick - (ticks[i - 1] as number))),
    Number.POSITIVE_INFINITY,
  );
  if (largest >= 1e15 || largest < 1e-2) return scientificTick(value, step);
  if (largest >= 1e4) {
    return withPrefix(value, (scaled) => {
      const unit = Math.abs(value / scaled);
      return scaled.toFixed(Math.min(6, decimals(Number.isFinite(step) ? step / unit : scaled)));
    });
  }
  return trueMinus(value.toFixed(Math.min(12, decimals(Number.isFinite(step) ? step : value))));
}

function scientificTick(value: number, step: number): string {
  const exponent = Math.floor(Math.log10(Math.abs(value)) + 1e-9);
  const unit = 10 ** exponent;
  const digits = decimals((Number.isFinite(step) ? step : value) / unit);
  return scientific(value, Math.min(6, digits))
    .replace(/(\.\d*?)0+e/, "$1e")
    .replace(".e", "e");
}

/** Marks of a log axis stand alone: each is as short as it can be. */
export function formatLogTick(value: number): string {
  const size = Math.abs(value);
  if (size >= 1e15 || size < 1e-2) return scientific(value, 6).replace(/\.?0+e/, "e");
  const short = (scaled: number): string => String(Number(scaled.toPrecision(6)));
  return size >= 1e4 ? withPrefix(value, short) : trueMinus(short(value));
}

const two = (part: number): string => String(part).padStart(2, "0");

/** A duration: 950ms, 45s, 12m 05s, 3h 20m, 2d 4h. */
export function formatDuration(seconds: number): string {
  const size = Math.abs(seconds);
  const sign = seconds < 0 ? MINUS : "";
  if (size === 0) return "0";
  if (size < 1) return `${sign}${Number((size * 1000).toPrecision(3))}ms`;
  if (size < 60) return `${sign}${Number(size.toFixed(size < 10 ? 2 : 1))}s`;
  const whole = Math.round(size);
  const [days, hours] = [Math.floor(whole / 86_400), Math.floor(whole / 3600) % 24];
  const [minutes, rest] = [Math.floor(whole / 60) % 60, whole % 60];
  if (days > 0) return `${sign}${days}d${hours > 0 ? ` ${hours}h` : ""}`;
  if (hours > 0) return `${sign}${hours}h${minutes > 0 ? ` ${two(minutes)}m` : ""}`;
  return `${sign}${minutes}m${rest > 0 ? ` ${two(rest)}s` : ""}`;
}

function wall(seconds: number, zone: Zone): Date {
  return new Date((seconds + zone(seconds)) * 1000);
}

function wallTick(value: number, step: number, zone: Zone): string {
  const at = wall(value, zone);
  const day = `${MONTHS[at.getUTCMonth()]} ${at.getUTCDate()}`;
  if (step >= 300 * 86_400) return String(at.getUTCFullYear());
  if (step >= 86_400 || (at.getUTCHours() === 0 && at.getUTCMinutes() === 0 && step >= 60)) {
    return day;
  }
  const clock = `${two(at.getUTCHours())}:${two(at.getUTCMinutes())}`;
  return step < 60 ? `${clock}:${two(at.getUTCSeconds())}` : clock;
}

/** One mark of an x axis. */
export function formatXTick(
  kind: XKind,
  value: number,
  ticks: readonly number[],
  zone: Zone = localZone,
): string {
  if (kind === "step" || kind === "metric") return formatTick(value, ticks);
  if (kind === "relative") return formatDuration(value);
  return wallTick(value, ticks.length > 1 ? (ticks[1] as number) - (ticks[0] as number) : 1, zone);
}

/** An x in full: what heads a tooltip. */
export function formatX(kind: XKind, value: number, zone: Zone = localZone): string {
  if (kind === "step") {
    return Number.isInteger(value) ? trueMinus(grouped(String(value))) : formatValue(value);
  }
  if (kind === "metric") return formatValue(value);
  if (kind === "relative") return formatDuration(value);
  const at = wall(value, zone);
  const date = `${at.getUTCFullYear()}-${two(at.getUTCMonth() + 1)}-${two(at.getUTCDate())}`;
  return `${date} ${two(at.getUTCHours())}:${two(at.getUTCMinutes())}:${two(at.getUTCSeconds())}`;
}
