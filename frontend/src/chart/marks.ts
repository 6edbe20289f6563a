/** Signs beside the lines: where a value is not finite, and where a line still grows. */

import type { Layout } from "./layout";
import type { Line } from "./line";
import type { Stroke } from "./stroke";
import type { Surface } from "./surface";
import { MARK_NEGATIVE_INFINITY, type PanelOptions } from "./types";

const TICK_LENGTH = 6;
const MARK_SPACING = 7;

/** At the frame's edge: NaN and −Inf at the bottom, +Inf at the top; never so many that they blur. */
export function paintMarks(surface: Surface, line: Line, layout: Layout, stroke: Stroke): void {
  const { plot, xDomain } = layout.frame;
  const bottom = plot.top + plot.height;
  const seen = new Map<number, number>();
  line.eachMark(layout.frame.yScale === "log", (x, kind) => {
    if (x < xDomain[0] || x > xDomain[1]) return;
    const px = Math.round(layout.x.map(x));
    const cell = Math.floor(px / MARK_SPACING) * 4 + kind;
    if (!seen.has(cell)) seen.set(cell, px);
  });
  if (seen.size === 0) return;
  surface.fillStyle = stroke.color;
  surface.globalAlpha = stroke.alpha;
  for (const [cell, px] of seen) {
    const kind = cell % 4;
    if (kind === 0) paintCross(surface, px, bottom - 5, stroke.color);
    else paintArrow(surface, px, kind === MARK_NEGATIVE_INFINITY ? bottom : plot.top - 1, kind);
  }
  surface.globalAlpha = 1;
}

function paintCross(surface: Surface, x: number, y: number, color: string): void {
  surface.strokeStyle = color;
  surface.lineWidth = 1.25;
  surface.beginPath();
  surface.moveTo(x - 2.5, y - 2.5);
  surface.lineTo(x + 2.5, y + 2.5);
  surface.moveTo(x - 2.5, y + 2.5);
  surface.lineTo(x + 2.5, y - 2.5);
  surface.stroke();
}

function paintArrow(surface: Surface, x: number, edge: number, kind: number): void {
  const inward = kind === MARK_NEGATIVE_INFINITY ? -TICK_LENGTH : TICK_LENGTH;
  surface.beginPath();
  surface.moveTo(x, edge);
  surface.lineTo(x - 3, edge + inward);
  surface.lineTo(x + 3, edge + inward);
  surface.closePath();
  surface.fill();
}

/** A line that still grows ends in a dot, at its last finite point. */
export function paintEnd(
  surface: Surface,
  line: Line,
  layout: Layout,
  options: PanelOptions,
  stroke: Stroke,
): void {
  const y = line.drawn(options);
  let i = line.length - 1;
  while (i >= 0 && !Number.isFinite(layout.y.map(y[i] as number))) i -= 1;
  if (i < 0) return;
  const [px, py] = [layout.x.map(line.x[i] as number), layout.y.map(y[i] as number)];
  surface.beginPath();
  surface.arc(px, py, 3, 0, 2 * Math.PI);
  surface.globalAlpha = stroke.alpha;
  surface.fillStyle = stroke.color;
  surface.fill();
  surface.globalAlpha = 1;
}
