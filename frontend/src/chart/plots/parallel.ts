/** Parallel axes: a row is a line through its value on each of them. */

import type { PlotView } from "../messages";
import type { ParallelSpec } from "../plot-types";
import type { Look } from "../scene";
import type { Surface } from "../surface";
import type { Domain, Frame } from "../types";
import { fitted } from "./axes";
import { type AxisPlaces, axisPlaces, axisX, brushed } from "./places";
import { colorsOf } from "./ramps";
import { drawRuler, rulerRoom } from "./ruler";

const TOP = 34;
const BOTTOM = 18;
const SIDE = 44;
export const BRUSH_WIDTH = 12;
/** Rows beyond which those outside of the brushes are not drawn while some are inside. */
const MANY = 3000;
const DRAFT = 1500;
/** … and of those outside of the brushes none, when they are more than this. */
const DRAFT_OUTSIDE = 500;

export function paintParallel(
  surface: Surface,
  spec: ParallelSpec,
  view: PlotView,
  look: Look,
): Frame {
  const { theme } = look;
  surface.font = `11px ${theme.font}`;
  surface.globalAlpha = 1;
  surface.setLineDash([]);
  surface.fillStyle = theme.panel;
  surface.fillRect(0, 0, Math.ceil(look.width) + 1, Math.ceil(look.height) + 1);
  const plot = {
    left: SIDE,
    top: TOP,
    width: Math.max(1, Math.floor(look.width - 2 * SIDE - rulerRoom(spec.ramp))),
    height: Math.max(1, Math.floor(look.height - TOP - BOTTOM)),
  };
  const frame: Frame = {
    plot,
    xDomain: [0, Math.max(1, spec.axes.length - 1)],
    yDomain: [0, 1],
    xScale: "linear",
    yScale: "linear",
    clipped: false,
    note: null,
  };
  const axes = spec.axes.map(axisPlaces);
  paintRows(surface, spec, view, look, axes, frame);
  const gap = axes.length > 1 ? plot.width / (axes.length - 1) : plot.width;
  axes.forEach((axis, i) => {
    const side = i === axes.length - 1 ? "right" : "left";
    const place = { x: axisX(plot, i, axes.length), gap, side } as const;
    paintAxis(surface, look, axis, place, frame, view.brushes[axis.axis.key]);
  });
  drawRuler(surface, look, frame, spec.ramp);
  return frame;
}

function paintRows(
  surface: Surface,
  spec: ParallelSpec,
  view: PlotView,
  look: Look,
  axes: readonly AxisPlaces[],
  { plot }: Frame,
): void {
  const inside = brushed(spec, view.brushes, look.hidden);
  if (view.draft) thin(inside);
  const colorOf = colorsOf(spec, look);
  const outside: number[] = [];
  const byColor = new Map<string, number[]>();
  let count = 0;
  for (let i = 0; i < inside.length; i += 1) {
    if (look.hidden.has(spec.ids[i] as string) || inside[i] === 2) continue;
    if (!inside[i]) {
      outside.push(i);
      continue;
    }
    count += 1;
    const color = colorOf(i);
    const rows = byColor.get(color);
    if (rows) rows.push(i);
    else byColor.set(color, [i]);
  }
  const xs = axes.map((_, i) => axisX(plot, i, axes.length));
  const stroke = (rows: readonly number[], color: string, width: number, alpha: number): void => {
    surface.strokeStyle = color;
    surface.lineWidth = width;
    surface.globalAlpha = alpha;
    surface.beginPath();
    for (const row of rows) rowPath(surface, axes, xs, plot, row);
    surface.stroke();
  };
  const hairline = 1 / look.ratio;
  const most = view.draft ? DRAFT_OUTSIDE : MANY;
  if (count === 0 || outside.length <= most) stroke(outside, look.theme.grid, hairline, 1);
  const focus = look.focus === null ? -1 : spec.ids.indexOf(look.focus);
  const alpha = focus >= 0 ? 0.22 : count > 1000 ? 0.45 : count > 100 ? 0.7 : 0.9;
  for (const [color, rows] of byColor) stroke(rows, color, count > 300 ? hairline : 1.35, alpha);
  if (focus >= 0) stroke([focus], colorOf(focus), 2.25, 1);
  surface.globalAlpha = 1;
}

/** While a brush is dragged, of very many rows every few are drawn: enough to see where they go. */
function thin(inside: Uint8Array): void {
  let count = 0;
  for (const one of inside) count += one;
  const every = Math.ceil(count / DRAFT);
  let seen = 0;
  for (let i = 0; every > 1 && i < inside.length; i += 1) {
    if (!inside[i]) continue;
    if (seen % every > 0) inside[i] = 2;
    seen += 1;
  }
}

function rowPath(
  surface: Surface,
  axes: readonly AxisPlaces[],
  xs: readonly number[],
  { top, height }: Frame["plot"],
  row: number,
): void {
  let isDown = false;
  for (let k = 0; k < axes.length; k += 1) {
    const at = (axes[k] as AxisPlaces).at[row] as number;
    if (!Number.isFinite(at)) {
      isDown = false;
      continue;
    }
    const y = top + (1 - at) * height;
    if (isDown) surface.lineTo(xs[k] as number, y);
    else surface.moveTo(xs[k] as number, y);
    isDown = true;
  }
}

interface AxisPlace {
  readonly x: number;
  /** To the next axis. */
  readonly gap: number;
  /** Of text: the last axis is marked on its inner side. */
  readonly side: "left" | "right";
}

function paintAxis(
  surface: Surface,
  look: Look,
  places: AxisPlaces,
  { x, gap, side }: AxisPlace,
  { plot }: Frame,
  brush: Domain | undefined,
): void {
  const { theme } = look;
  surface.strokeStyle = theme.lineStrong;
  surface.lineWidth = 1;
  surface.beginPath();
  surface.moveTo(x, plot.top);
  surface.lineTo(x, plot.top + plot.height);
  surface.stroke();
  if (brush) {
    const [low, high] = [places.place(brush[0]), places.place(brush[1])];
    const y = plot.top + (1 - Math.min(1, high)) * plot.height;
    const tall = (Math.min(1, high) - Math.max(0, low)) * plot.height;
    surface.fillStyle = theme.accent;
    surface.globalAlpha = 0.28;
    surface.fillRect(x - BRUSH_WIDTH / 2, y, BRUSH_WIDTH, tall);
    surface.globalAlpha = 1;
    surface.strokeStyle = theme.accent;
    surface.beginPath();
    surface.rect(x - BRUSH_WIDTH / 2, y, BRUSH_WIDTH, tall);
    surface.stroke();
  }
  surface.textBaseline = "middle";
  surface.textAlign = side;
  let last = Number.POSITIVE_INFINITY;
  for (const { at, text } of places.ticks) {
    const y = plot.top + (1 - at) * plot.height;
    if (last - y < 13) continue;
    last = y;
    const label = fitted(text, Math.min(72, gap - 14), surface);
    const wide = surface.measureText(label).width + 4;
    // On the panel's own colour: marks are read over any number of rows.
    surface.fillStyle = theme.panel;
    surface.globalAlpha = 0.75;
    surface.fillRect(side === "left" ? x + 4 : x - 4 - wide, y - 7, wide, 14);
    surface.globalAlpha = 1;
    surface.fillStyle = theme.text2;
    surface.fillText(label, side === "left" ? x + 6 : x - 6, y);
  }
  surface.fillStyle = theme.text1;
  surface.textAlign = "center";
  surface.textBaseline = "alphabetic";
  surface.fillText(fitted(places.axis.label, Math.min(110, gap - 8), surface), x, plot.top - 14);
}
