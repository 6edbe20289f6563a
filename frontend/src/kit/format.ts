/**
 * How numbers, times and durations read on the page: four significant digits, a true minus sign,
 * relative times. The exact value is always one hover away, so every caller shows `exact` as well.
 */

const MINUS = "\u2212";

/** A scalar as people compare it: four significant digits. */
export function number(value: number | null | undefined): string {
  if (value === null || value === undefined) return "–";
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : `${MINUS}∞`;
  return finite(value).replace("-", MINUS).replace("e-", `e${MINUS}`);
}

const FIGURE_SPACE = "\u2007"; // as wide as a digit
const USUAL_WIDTH = 7; // of four digits: 0.01234

/** `number` for a place that is rewritten live: as wide as the next one, so that nothing moves. */
export function steady(value: number): string {
  return number(value).padStart(USUAL_WIDTH, FIGURE_SPACE);
}

function finite(value: number): string {
  const size = Math.abs(value);
  if (size === 0) return "0";
  if (Number.isInteger(value) && size < 1e6) return grouped(value);
  if (size >= 1e6 || size < 1e-3) return scientific(value);
  if (size >= 1e4) return grouped(Math.round(value));
  const digits = Math.max(0, 4 - (Math.floor(Math.log10(size)) + 1));
  const rounded = value.toFixed(digits);
  // 9.99996 rounds up to one digit more than asked for: cut it again.
  return rounded.replace(/[-.]/g, "").replace(/^0+/, "").length > 4 && digits > 0
    ? value.toFixed(digits - 1)
    : rounded;
}

function scientific(value: number): string {
  const [mantissa = "0", exponent = "0"] = value.toExponential(3).split("e");
  return `${mantissa.replace(/\.?0+$/, "")}e${exponent.replace("+", "")}`;
}

function grouped(value: number): string {
  return value.toLocaleString("en-US");
}

/** A count: 1,284. */
export function count(value: number): string {
  return grouped(Math.round(value));
}

/** Every digit that the value has. */
export function exact(value: number): string {
  return String(value).replace("-", MINUS).replace("e-", `e${MINUS}`);
}

/** What JSON says of a number that JSON cannot say. */
export function fromJson(value: unknown): number | null {
  if (typeof value === "number") return value;
  if (typeof value === "boolean") return value ? 1 : 0;
  if (value === "NaN") return Number.NaN;
  if (value === "Infinity") return Number.POSITIVE_INFINITY;
  if (value === "-Infinity") return Number.NEGATIVE_INFINITY;
  return null;
}

const SHORT = 7; // characters: a number that is written so briefly is shown as it was written

/** Any logged or configured value in one line. */
export function plain(value: unknown): string {
  if (value === null || value === undefined) return "–";
  if (typeof value === "number") {
    if (Number.isSafeInteger(value)) return exact(value);
    const short = Number.isFinite(value) && String(value).length <= SHORT;
    return short
      ? exact(value)
      : number(value)
          .replace(/(\.\d*?)0+$/, "$1")
          .replace(/\.$/, "");
  }
  if (typeof value === "string") return value;
  if (typeof value === "boolean") return value ? "true" : "false";
  return JSON.stringify(value);
}

/** A stretch of time, two units at most: 4 s, 12 min 3 s, 3 h 20 min, 2 d 4 h. */
export function duration(microseconds: number): string {
  const seconds = Math.max(0, microseconds / 1e6);
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 60) return `${Math.floor(seconds)} s`;
  if (seconds < 3600) return two(seconds, 60, "min", 1, "s");
  if (seconds < 86400) return two(seconds, 3600, "h", 60, "min");
  return two(seconds, 86400, "d", 3600, "h");
}

function two(seconds: number, big: number, bigName: string, small: number, smallName: string) {
  const first = Math.floor(seconds / big);
  const second = Math.floor((seconds - first * big) / small);
  return second ? `${first} ${bigName} ${second} ${smallName}` : `${first} ${bigName}`;
}

/** How long ago, in one unit: just now, 5 min ago, 3 h ago, 2 d ago, 4 Mar 2026. */
export function ago(microseconds: number, nowMs: number): string {
  const seconds = (nowMs - microseconds / 1000) / 1000;
  if (seconds < 45) return "just now";
  if (seconds < 3600) return `${Math.max(1, Math.round(seconds / 60))} min ago`;
  if (seconds < 86400) return `${Math.round(seconds / 3600)} h ago`;
  if (seconds < 86400 * 30) return `${Math.round(seconds / 86400)} d ago`;
  return day.format(microseconds / 1000);
}

const day = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });
const moment = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const clock = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });

/** A time in full, in the reader's own zone. */
export function at(microseconds: number): string {
  return moment.format(microseconds / 1000);
}

/** Hours and minutes. */
export function timeOfDay(ms: number): string {
  return clock.format(ms);
}

/** Bytes with SI units. */
export function bytes(size: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let left = size;
  let unit = 0;
  while (left >= 1000 && unit < units.length - 1) {
    left /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? left : Number(left.toPrecision(3))} ${units[unit]}`;
}

/** "1 run", "2 runs". */
export function plural(n: number, one: string, many = `${one}s`): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}
