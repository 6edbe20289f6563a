/** Where the frame stands in a panel, how far its axes reach and how they are marked. */

import { visibleRange, xExtent, type YDomain, yDomain } from "./domain";
import { formatLogTick, formatTick, formatXTick } from "./format";
import type { Line } from "./line";
import { type Scale, scaleOf } from "./scales";
import { linearTicks, ticksOf, xTicks, type Zone } from "./ticks";
import type { Domain, Frame, PanelOptions, ScaleKind, XKind } from "./types";

const TOP = 10;
const RIGHT = 14;
const BOTTOM = 24;
const LEFT = 44;
const LABEL_GAP = 9;
/** Room that a mark of an axis takes at least, in pixels. */
const ROW = 29;
const COLUMN = 48;
const NEAR_ZERO = 0.03;

export interface Tick {
  readonly at: number;
  readonly text: string;
}

export interface Layout {
  readonly frame: Frame;
  readonly x: Scale;
  readonly y: Scale;
  readonly xTicks: readonly Tick[];
  readonly yTicks: readonly Tick[];
}

export interface Reach {
  readonly x: Domain;
  readonly y: YDomain | null;
}

function widened(domain: Domain, by: number): Domain {
  return domain[0] < domain[1] ? domain : [domain[0] - by, domain[1] + by];
}

/** An axis that begins almost at zero begins at zero; a clock's has no zero. */
function fromZero(domain: Domain, kind: XKind, scale: ScaleKind): Domain {
  const isNear =
    kind !== "wall" && scale !== "log" && domain[0] > 0 && domain[0] < NEAR_ZERO * domain[1];
  return isNear ? [0, domain[1]] : domain;
}

/** What x spans: the zoom, what was asked for, or all there is; never a single point. */
export function xDomainOf(
  lines: readonly Line[],
  options: PanelOptions,
  zoom: Domain | null,
): Domain {
  const { xKind, xScale } = options;
  const log = xScale === "log";
  const all = (): Domain => xExtent(lines, log ? 0 : undefined) ?? (log ? [1, 10] : [0, 1]);
  const asked = zoom ?? options.xDomain ?? fromZero(all(), xKind, xScale);
  if (!log) return widened(asked, xKind === "step" ? 1 : 0.5);
  // Where a log axis is asked to begin at zero or below, it begins with the data.
  const [from, to] = asked[0] > 0 ? asked : [Math.min(all()[0], asked[1] / 10), asked[1]];
  return from > 0 && to > from ? [from, to] : [all()[0] / 2, all()[0] * 2];
}

/** The domains of both axes: the costly part, which does not depend on the size of the panel. */
export function reach(lines: readonly Line[], options: PanelOptions, zoom: Domain | null): Reach {
  const x = xDomainOf(lines, options, zoom);
  const asked = options.yDomain;
  const found = yDomain(lines, x, { scale: options.yScale, clip: options.clipOutliers });
  if (!asked) return { x, y: found };
  const whole = found?.domain ?? [0.1, 1];
  const holds = (end: number | null): end is number =>
    end !== null && (options.yScale !== "log" || end > 0);
  const [low, high] = asked;
  const domain = [holds(low) ? low : whole[0], holds(high) ? high : whole[1]] as const;
  // Ends that do not make an axis are as if they were not there.
  if (!(domain[0] < domain[1])) return { x, y: found };
  return { x, y: { domain, clipped: false } };
}

/** Marks of an axis of values, at least a row apart. */
export function valueMarks(domain: Domain, kind: ScaleKind, height: number): Tick[] {
  const values =
    kind === "linear"
      ? linearTicks(domain, Math.max(2, Math.floor(height / ROW)))
      : ticksOf(kind, domain, height, 22);
  const write = markWriter(domain, kind, values);
  const ticks = values.map((at) => ({ at, text: write(at) }));
  return new Set(ticks.map(({ text }) => text)).size === ticks.length ? ticks : fromFirst(ticks);
}

/** Marks of a log axis stand alone, unless it is so short that it is marked as a linear one. */
function markWriter(domain: Domain, kind: ScaleKind, values: readonly number[]) {
  const decades =
    (kind === "log" && values.length > 2 && domain[1] / domain[0] > 1.5) ||
    (kind === "symlog" && values.includes(0));
  return (at: number): string => (decades && at !== 0 ? formatLogTick(at) : formatTick(at, values));
}

/** Marks too close for their size to be told apart: the first in short, the others from there. */
function fromFirst([first, ...others]: readonly Tick[]): Tick[] {
  if (!first) return [];
  const steps = others.map(({ at }) => at - first.at);
  return [
    first,
    ...others.map(({ at }, i) => ({ at, text: `+${formatTick(steps[i] ?? 0, steps)}` })),
  ];
}

function xMarks(
  options: PanelOptions,
  scale: Scale,
  zone: Zone,
  measure: (text: string) => number,
): Tick[] {
  const [left, right] = scale.range;
  const room = right - measure(options.xLabel) - LABEL_GAP;
  for (let count = Math.max(2, Math.floor((right - left) / COLUMN)); count > 0; count -= 1) {
    const { xKind } = options;
    const values =
      scale.kind === "linear"
        ? xTicks(xKind, scale.domain, count, zone)
        : ticksOf(scale.kind, scale.domain, right - left, (right - left) / count);
    const write =
      scale.kind === "linear"
        ? (at: number): string => formatXTick(xKind, at, values, zone)
        : markWriter(scale.domain, scale.kind, values);
    const ticks = values.map((at) => ({ at, text: write(at) }));
    const kept = ticks.filter(({ at, text }) => scale.map(at) + measure(text) / 2 <= room);
    const apart = kept.every((tick, i) => {
      const before = kept[i - 1];
      if (!before) return true;
      const halves = (measure(tick.text) + measure(before.text)) / 2;
      return scale.map(tick.at) - scale.map(before.at) >= halves + LABEL_GAP;
    });
    if (apart) return kept;
  }
  return [];
}

/** What of the lines a log axis leaves out, in words. */
function noteOf(lines: readonly Line[], x: Domain, options: PanelOptions): string | null {
  if (options.yScale !== "log" && options.xScale !== "log") return null;
  let left = 0;
  for (const line of lines) {
    const [from, to] = options.xScale === "log" ? [0, line.length] : visibleRange(line, x);
    for (let i = from; i < to; i += 1) {
      const off = options.yScale === "log" && (line.y[i] as number) <= 0;
      if (off || (options.xScale === "log" && (line.x[i] as number) <= 0)) left += 1;
    }
  }
  if (left === 0) return null;
  return `${left} ${left === 1 ? "value" : "values"} \u2264 0 not shown on a log axis`;
}

export function layOut(
  size: { readonly width: number; readonly height: number },
  options: PanelOptions,
  { x, y }: Reach,
  lines: readonly Line[],
  zone: Zone,
  measure: (text: string) => number,
): Layout {
  // Whole pixels: a frame that ends between two is clipped slowly, and never sharp.
  const height = Math.max(1, Math.floor(size.height - TOP - BOTTOM));
  const domain = y?.domain ?? ([options.yScale === "log" ? 0.1 : 0, 1] as const);
  const yTicks = y ? valueMarks(domain, options.yScale, height) : [];
  const widest = Math.max(0, ...yTicks.map((tick) => measure(tick.text)));
  const left = Math.max(LEFT, Math.ceil(widest + LABEL_GAP + 6));
  const width = Math.max(1, Math.floor(size.width - left - RIGHT));
  const xScale = scaleOf(options.xScale, x, [left, left + width]);
  const yScale = scaleOf(options.yScale, domain, [TOP + height, TOP]);
  return {
    frame: {
      plot: { left, top: TOP, width, height },
      xDomain: x,
      yDomain: domain,
      xScale: options.xScale,
      yScale: options.yScale,
      clipped: y?.clipped ?? false,
      note: noteOf(lines, x, options),
    },
    x: xScale,
    y: yScale,
    xTicks: xMarks(options, xScale, zone, measure),
    yTicks,
  };
}
