/** Where the frame stands in a panel, how far its axes reach and how they are marked. */

import { xExtent, type YDomain, yDomain } from "./domain";
import { formatLogTick, formatTick, formatXTick } from "./format";
import type { Line } from "./line";
import { type Scale, scaleOf } from "./scales";
import { linearTicks, logTicks, xTicks, type Zone } from "./ticks";
import type { Domain, Frame, PanelOptions, XKind } from "./types";

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
function fromZero(domain: Domain, kind: XKind): Domain {
  const isNear = kind !== "wall" && domain[0] > 0 && domain[0] < NEAR_ZERO * domain[1];
  return isNear ? [0, domain[1]] : domain;
}

/** What x spans: the zoom, what was asked for, or all there is; never a single point. */
export function xDomainOf(
  lines: readonly Line[],
  options: PanelOptions,
  zoom: Domain | null,
): Domain {
  const asked = zoom ?? options.xDomain ?? fromZero(xExtent(lines) ?? [0, 1], options.xKind);
  return widened(asked, options.xKind === "step" ? 1 : 0.5);
}

/** The domains of both axes: the costly part, which does not depend on the size of the panel. */
export function reach(lines: readonly Line[], options: PanelOptions, zoom: Domain | null): Reach {
  const x = xDomainOf(lines, options, zoom);
  if (options.yDomain) return { x, y: { domain: options.yDomain, clipped: false } };
  return { x, y: yDomain(lines, x, { log: options.logY, clip: options.clipOutliers }) };
}

function yMarks(domain: Domain, log: boolean, height: number): Tick[] {
  const values = log
    ? logTicks(domain, height, 22)
    : linearTicks(domain, Math.max(2, Math.floor(height / ROW)));
  const decades = log && values.length > 2 && domain[1] / domain[0] > 1.5;
  const write = (at: number): string => (decades ? formatLogTick(at) : formatTick(at, values));
  const ticks = values.map((at) => ({ at, text: write(at) }));
  return new Set(ticks.map(({ text }) => text)).size === ticks.length ? ticks : fromFirst(ticks);
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
    const values = xTicks(options.xKind, scale.domain, count, zone);
    const ticks = values.map((at) => ({ at, text: formatXTick(options.xKind, at, values, zone) }));
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

export function layOut(
  size: { readonly width: number; readonly height: number },
  options: PanelOptions,
  { x, y }: Reach,
  zone: Zone,
  measure: (text: string) => number,
): Layout {
  // Whole pixels: a frame that ends between two is clipped slowly, and never sharp.
  const height = Math.max(1, Math.floor(size.height - TOP - BOTTOM));
  const domain = y?.domain ?? ([options.logY ? 0.1 : 0, 1] as const);
  const yTicks = y ? yMarks(domain, options.logY, height) : [];
  const widest = Math.max(0, ...yTicks.map((tick) => measure(tick.text)));
  const left = Math.max(LEFT, Math.ceil(widest + LABEL_GAP + 6));
  const width = Math.max(1, Math.floor(size.width - left - RIGHT));
  const xScale = scaleOf(false, x, [left, left + width]);
  const yScale = scaleOf(options.logY, domain, [TOP + height, TOP]);
  return {
    frame: {
      plot: { left, top: TOP, width, height },
      xDomain: x,
      yDomain: domain,
      logY: options.logY,
      clipped: y?.clipped ?? false,
    },
    x: xScale,
    y: yScale,
    xTicks: xMarks(options, xScale, zone, measure),
    yTicks,
  };
}
