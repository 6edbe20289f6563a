/**
 * The painter: one panel on one surface, from the grid up to the focused line.
 *
 * It keeps nothing between calls. Raw lines lie under all smoothed ones, the dimmed under the
 * focused one, so that nothing hides what is looked at.
 */

import { visibleRange } from "./domain";
import { type Layout, layOut } from "./layout";
import type { Line } from "./line";
import { paintEnd, paintMarks } from "./marks";
import type { Scene } from "./scene";
import { lineColor, penOf, type Stroke, strokeOf } from "./stroke";
import type { Surface } from "./surface";
import { bands, Path, type Source, trace, usualBand } from "./trace";
import type { PanelOptions } from "./types";

/** A line is decimated when it has this many points for each pixel of the frame. */
const DENSE = 1.2;
const BANDS_UP_TO = 8;
const BAND = 0.1;
const SPREAD = 0.16;
const ENVELOPE = 0.06;
const RAW = 0.22;

export function paint(surface: Surface, scene: Scene): Layout {
  surface.font = `11px ${scene.theme.font}`;
  const measure = (text: string): number => surface.measureText(text).width;
  const layout = layOut(scene, scene.options, scene.reach, scene.lines, scene.zone, measure);
  surface.globalAlpha = 1;
  surface.setLineDash([]);
  surface.fillStyle = scene.theme.panel;
  // A canvas is a whole number of pixels: a fraction left over would stay black.
  surface.fillRect(0, 0, Math.ceil(scene.width) + 1, Math.ceil(scene.height) + 1);
  paintAxes(surface, scene, layout);
  const { left, top, width, height } = layout.frame.plot;
  surface.save();
  surface.beginPath();
  // Half a stroke of air, so that a line along the frame keeps its width.
  surface.rect(left, top - 2, width + 2, height + 3);
  surface.clip();
  paintLines(surface, scene, layout);
  surface.restore();
  if (layout.frame.note) {
    surface.fillStyle = scene.theme.text3;
    surface.textAlign = "right";
    surface.textBaseline = "alphabetic";
    surface.fillText(layout.frame.note, left + width, top + 10);
  }
  return layout;
}

function paintAxes(surface: Surface, scene: Scene, { frame, x, y, xTicks, yTicks }: Layout): void {
  const { theme, ratio } = scene;
  const { left, top, width, height } = frame.plot;
  const bottom = top + height;
  const crisp = (pixel: number): number => (Math.round(pixel * ratio) - 0.5) / ratio;
  const rule = (at: number, color: string): void => {
    surface.strokeStyle = color;
    surface.lineWidth = 1 / ratio;
    surface.beginPath();
    surface.moveTo(left, crisp(at));
    surface.lineTo(left + width, crisp(at));
    surface.stroke();
  };
  surface.fillStyle = theme.text3;
  surface.textBaseline = "middle";
  surface.textAlign = "right";
  for (const tick of yTicks) {
    rule(y.map(tick.at), theme.grid);
    surface.fillText(tick.text, left - 8, y.map(tick.at));
  }
  rule(bottom, theme.lineStrong);
  surface.textBaseline = "alphabetic";
  surface.textAlign = "center";
  for (const tick of xTicks) surface.fillText(tick.text, x.map(tick.at), bottom + 16);
  surface.textAlign = "right";
  surface.fillText(scene.options.xLabel, left + width, bottom + 16);
}

function paintLines(surface: Surface, scene: Scene, layout: Layout): void {
  const { lines, focus, options } = scene;
  const focused = lines.filter((line) => line.group === focus);
  const rest = lines.filter((line) => line.group !== focus);
  const hasFocus = focused.length > 0;
  const ordered = [
    ...rest.filter((line) => !line.data.baseline),
    ...rest.filter((line) => line.data.baseline),
    ...focused,
  ];
  const path = new Path();
  const stroke = (line: Line): Stroke => strokeOf(line, scene, hasFocus);
  const banded = hasFocus ? focused : lines.length <= BANDS_UP_TO ? ordered : [];
  if (options.band) {
    for (const line of banded) paintBand(surface, line, layout, lineColor(line, scene));
  }
  if (options.smoothing > 0) {
    for (const line of ordered) {
      if (hasFocus && line.group !== focus) continue;
      const { color } = stroke(line);
      const faint = { color, width: 1, alpha: hasFocus ? RAW * 1.4 : RAW, dash: [] };
      paintLine(surface, line, layout, scene, { smoothed: false }, faint, path);
    }
  }
  for (const line of ordered) {
    paintLine(surface, line, layout, scene, { smoothed: true }, stroke(line), path);
  }
  for (const line of ordered) paintMarks(surface, line, layout, stroke(line));
  for (const line of ordered) {
    if (line.data.live) paintEnd(surface, line, layout, options, stroke(line));
  }
}

function sourceOf(line: Line, { frame }: Layout, y = line.y, extremes = true): Source {
  const [from, to] = visibleRange(line, frame.xDomain);
  const [low, high] = extremes ? [line.low, line.high] : [undefined, undefined];
  return { x: line.x, y, low, high, from, to };
}

function columnOf(source: Source, { frame }: Layout, ratio = 1): number {
  return source.to - source.from > DENSE * frame.plot.width * ratio ? 1 / ratio : 0;
}

function paintBand(surface: Surface, line: Line, layout: Layout, color: string): void {
  const { y, spreadLow: low, spreadHigh: high } = line;
  const all = sourceOf(line, layout);
  if (!low || !high) {
    fillBand(surface, all, layout, color, BAND);
    return;
  }
  // The extremes stay in sight under whatever spread was chosen: a spike is not averaged away.
  fillBand(surface, all, layout, color, ENVELOPE);
  fillBand(surface, { ...all, y, low, high }, layout, color, SPREAD);
}

function fillBand(
  surface: Surface,
  source: Source,
  layout: Layout,
  color: string,
  alpha: number,
): void {
  surface.fillStyle = color;
  surface.globalAlpha = alpha;
  for (const outline of bands(source, layout.x, layout.y, columnOf(source, layout))) {
    surface.beginPath();
    surface.moveTo(outline[0] as number, outline[1] as number);
    for (let i = 2; i < outline.length; i += 2) {
      surface.lineTo(outline[i] as number, outline[i + 1] as number);
    }
    surface.closePath();
    surface.fill();
  }
  surface.globalAlpha = 1;
}

function standoutOf(source: Source, layout: Layout, options: PanelOptions): number {
  if (options.lineMode === "full") return 0;
  if (options.lineMode !== "auto") return Number.POSITIVE_INFINITY;
  return Math.max(3, 2.5 * usualBand(source, layout.y));
}

function paintLine(
  surface: Surface,
  line: Line,
  layout: Layout,
  scene: Scene,
  { smoothed }: { readonly smoothed: boolean },
  stroke: Stroke,
  path: Path,
): void {
  const { options } = scene;
  const smoothing = smoothed ? options.smoothing : 0;
  const y = line.drawn({ ...options, smoothing });
  const source = sourceOf(line, layout, y, smoothing === 0 && !line.members);
  path.clear();
  const standout = standoutOf(source, layout, options);
  // What is kept may be looked at closely: a picture has as many columns as it has pixels.
  const column = columnOf(source, layout, scene.hairlines ? 1 : scene.ratio);
  trace(source, layout.x, layout.y, { column, standout }, path);
  const { width, alpha, passes } = penOf(stroke, scene);
  surface.strokeStyle = stroke.color;
  surface.fillStyle = stroke.color;
  surface.lineWidth = scene.lineWidth ?? width;
  surface.globalAlpha = alpha;
  surface.lineJoin = "bevel";
  surface.setLineDash([...stroke.dash]);
  strokePath(surface, path, Math.max(1.75, stroke.width), passes);
  surface.setLineDash([]);
  surface.globalAlpha = 1;
}

/** Strokes a path; a point that stands alone between two gaps becomes a dot. */
function strokePath(surface: Surface, { xy, length }: Path, radius: number, passes: number): void {
  const alone: number[] = [];
  surface.beginPath();
  let start = 0;
  for (let i = 0; i <= length; i += 2) {
    const ends = i === length || Number.isNaN(xy[i] as number);
    if (!ends) {
      if (i === start) surface.moveTo(xy[i] as number, xy[i + 1] as number);
      else surface.lineTo(xy[i] as number, xy[i + 1] as number);
      continue;
    }
    if (i - start === 2) alone.push(xy[start] as number, xy[start + 1] as number);
    start = i + 2;
  }
  for (let pass = 0; pass < passes; pass += 1) surface.stroke();
  if (alone.length === 0) return;
  surface.beginPath();
  for (let i = 0; i < alone.length; i += 2) {
    const [px, py] = [alone[i] as number, alone[i + 1] as number];
    surface.moveTo(px + radius, py);
    surface.arc(px, py, radius, 0, 2 * Math.PI);
  }
  surface.fill();
}
