/** The frame of a plot: where it stands, what its axes are, and how they are drawn. */

import { padded } from "../domain";
import { formatLogTick, formatTick, formatXTick } from "../format";
import { type Tick, valueMarks } from "../layout";
import type { PlotAxis } from "../plot-types";
import { type Scale, scaleOf } from "../scales";
import type { Look } from "../scene";
import type { Surface } from "../surface";
import { ticksOf, xTicks } from "../ticks";
import type { Domain, Frame, ScaleKind } from "../types";
import { extentOf } from "./ramps";

const TOP = 10;
const RIGHT = 14;
const BOTTOM = 24;
const LEFT = 44;
const GAP = 9;
/** Of the width, what names may take. */
const NAMES = 0.4;

export type Side =
  | { readonly of: "values"; readonly axis: PlotAxis; readonly domain: Domain }
  | { readonly of: "names"; readonly names: readonly string[] };

export interface Grid {
  readonly frame: Frame;
  readonly x: Scale;
  readonly y: Scale;
}

/** The values of an axis, as far as they reach, with air around them. */
export function valueSide(
  axis: PlotAxis,
  values: ArrayLike<number>,
  how: { readonly zoom?: Domain | null; readonly zero?: boolean } = {},
): Side {
  const kind = axis.scale ?? "linear";
  const log = kind === "log";
  const asked = how.zoom ?? axis.domain;
  if (asked && asked[0] < asked[1] && (!log || asked[0] > 0)) {
    return { of: "values", axis, domain: asked };
  }
  const [low, high] = extentOf(values, log ? 0 : undefined);
  const withZero: Domain = how.zero && !log ? [Math.min(0, low), Math.max(0, high)] : [low, high];
  return { of: "values", axis, domain: padded(withZero[0], withZero[1], kind) };
}

/** A text that takes no more than `room` pixels. */
export function fitted(text: string, room: number, surface: Surface): string {
  if (surface.measureText(text).width <= room) return text;
  let length = text.length;
  while (length > 1 && surface.measureText(`${text.slice(0, length)}\u2026`).width > room) {
    length -= 1;
  }
  return `${text.slice(0, length)}\u2026`;
}

function marksOf(side: Side & { of: "values" }, length: number, gap: number, look: Look): Tick[] {
  const { axis, domain } = side;
  const kind = axis.scale ?? "linear";
  if (axis.wall) {
    const values = xTicks("wall", domain, Math.max(2, Math.floor(length / gap)), look.zone);
    return values.map((at) => ({ at, text: formatXTick("wall", at, values, look.zone) }));
  }
  const values = ticksOf(kind, domain, length, kind === "linear" ? 0.75 * gap : gap);
  const alone =
    (kind === "symlog" && values.includes(0)) || (kind === "log" && domain[1] > 10 * domain[0]);
  return values.map((at) => ({
    at,
    text: alone && at !== 0 ? formatLogTick(at) : formatTick(at, values),
  }));
}

const domainOf = (side: Side): Domain =>
  side.of === "values" ? side.domain : [0, side.names.length];
const kindOf = (side: Side): ScaleKind =>
  side.of === "values" ? (side.axis.scale ?? "linear") : "linear";

/** Clears the picture and draws the frame; `right` is room that is kept free beside it. */
export function drawGrid(
  surface: Surface,
  look: Look,
  sides: { readonly x: Side; readonly y: Side },
  right = 0,
): Grid {
  const { theme } = look;
  surface.font = `11px ${theme.font}`;
  surface.globalAlpha = 1;
  surface.setLineDash([]);
  surface.fillStyle = theme.panel;
  surface.fillRect(0, 0, Math.ceil(look.width) + 1, Math.ceil(look.height) + 1);
  const labelled = sides.y.of === "values" && sides.y.axis.label !== "";
  const top = TOP + (labelled ? 14 : 0);
  const height = Math.max(1, Math.floor(look.height - top - BOTTOM));
  const yMarks = sides.y.of === "values" ? valueMarks(sides.y.domain, kindOf(sides.y), height) : [];
  const texts = sides.y.of === "values" ? yMarks.map(({ text }) => text) : sides.y.names;
  const widest = Math.max(0, ...texts.map((text) => surface.measureText(text).width));
  const most = sides.y.of === "names" ? look.width * NAMES : Number.POSITIVE_INFINITY;
  const left = Math.max(LEFT, Math.ceil(Math.min(most, widest + GAP + 6)));
  const width = Math.max(1, Math.floor(look.width - left - RIGHT - right));
  const plot = { left, top, width, height };
  const [xDomain, yDomain] = [domainOf(sides.x), domainOf(sides.y)];
  // Names go from the top down.
  const yEnds: Domain = sides.y.of === "names" ? [yDomain[1], 0] : yDomain;
  const x = scaleOf(kindOf(sides.x), xDomain, [left, left + width]);
  const y = scaleOf(kindOf(sides.y), yEnds, [top + height, top]);
  drawY(surface, look, sides.y, plot, y, yMarks);
  drawX(surface, look, sides.x, plot, x);
  const frame: Frame = {
    plot,
    xDomain,
    yDomain: yEnds,
    xScale: kindOf(sides.x),
    yScale: kindOf(sides.y),
    clipped: false,
    note: null,
  };
  return { frame, x, y };
}

type Plot = Frame["plot"];

function rule(
  surface: Surface,
  look: Look,
  color: string,
  from: [number, number],
  to: [number, number],
): void {
  surface.strokeStyle = color;
  surface.lineWidth = 1 / look.ratio;
  surface.beginPath();
  surface.moveTo(...from);
  surface.lineTo(...to);
  surface.stroke();
}

const crisp = (pixel: number, { ratio }: Look): number => (Math.round(pixel * ratio) - 0.5) / ratio;

function drawY(
  surface: Surface,
  look: Look,
  side: Side,
  plot: Plot,
  y: Scale,
  marks: Tick[],
): void {
  const { theme } = look;
  const { left, top, width, height } = plot;
  surface.fillStyle = theme.text3;
  surface.textBaseline = "middle";
  surface.textAlign = "right";
  if (side.of === "names") {
    const every = Math.max(1, Math.ceil((12 * side.names.length) / height));
    side.names.forEach((name, i) => {
      if (i % every === 0)
        surface.fillText(fitted(name, left - 14, surface), left - 8, y.map(i + 0.5));
    });
    return;
  }
  for (const { at, text } of marks) {
    const py = crisp(y.map(at), look);
    rule(surface, look, theme.grid, [left, py], [left + width, py]);
    surface.fillText(text, left - 8, y.map(at));
  }
  surface.textAlign = "left";
  surface.textBaseline = "alphabetic";
  surface.fillText(side.axis.label, 8, top - 9);
}

function drawX(surface: Surface, look: Look, side: Side, plot: Plot, x: Scale): void {
  const { theme } = look;
  const { left, top, width, height } = plot;
  const bottom = crisp(top + height, look);
  rule(surface, look, theme.lineStrong, [left, bottom], [left + width, bottom]);
  surface.fillStyle = theme.text3;
  surface.textBaseline = "alphabetic";
  surface.textAlign = "center";
  if (side.of === "names") {
    const cell = width / Math.max(1, side.names.length);
    const every = Math.max(1, Math.ceil(34 / cell));
    side.names.forEach((name, i) => {
      if (i % every > 0) return;
      surface.fillText(fitted(name, cell * every - 6, surface), x.map(i + 0.5), top + height + 16);
    });
    return;
  }
  const label = fitted(side.axis.label, width * 0.6, surface);
  const room = left + width - surface.measureText(label).width - GAP;
  let last = Number.NEGATIVE_INFINITY;
  for (const { at, text } of marksOf(side, width, 56, look)) {
    const [px, half] = [x.map(at), surface.measureText(text).width / 2];
    if (px - half < last + GAP || px + half > room) continue;
    surface.fillText(text, px, top + height + 16);
    last = px + half;
  }
  surface.textAlign = "right";
  surface.fillText(label, left + width, top + height + 16);
}

/** What is drawn inside of the frame alone. */
export function clipped(surface: Surface, { plot }: Frame, draw: () => void): void {
  surface.save();
  surface.beginPath();
  surface.rect(plot.left, plot.top, plot.width, plot.height);
  surface.clip();
  draw();
  surface.restore();
}
