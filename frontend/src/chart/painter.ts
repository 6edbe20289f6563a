/**
 * The painter: one panel on one surface, from the grid up to the focused line.
 *
 * It keeps nothing between calls. Raw lines lie under all smoothed ones, the dimmed under the
 * focused one, so that nothing hides what is looked at.
 */

import { visibleRange } from "./domain";
import { type Layout, layOut, type Reach } from "./layout";
import type { Line } from "./line";
import { resolveColor } from "./palette";
import type { Surface } from "./surface";
import type { Zone } from "./ticks";
import { bands, Path, type Source, trace, usualBand } from "./trace";
import { type ChartTheme, MARK_NEGATIVE_INFINITY, type PanelOptions } from "./types";

/** A line is decimated when it has this many points for each pixel of the frame. */
const DENSE = 1.2;
const MANY_LINES = 24;
const BANDS_UP_TO = 8;
/** Beyond, dashes are no longer told apart and only make the weave rougher. */
const DASHES_UP_TO = 48;
const MARK_SPACING = 7;
const DIMMED = 0.22;
const DIMMED_BASELINE = 0.5;
const BAND = 0.1;
const RAW = 0.22;
const TICK_LENGTH = 6;
/** Widths in device pixels up to which one or two hairlines stand for a stroke. */
const ONE_HAIRLINE = 1.15;
const TWO_HAIRLINES = 1.6;

export interface Scene {
  readonly width: number;
  readonly height: number;
  /** Device pixels for each CSS pixel: hairlines are put on whole ones. */
  readonly ratio: number;
  readonly theme: ChartTheme;
  readonly options: PanelOptions;
  readonly lines: readonly Line[];
  readonly reach: Reach;
  /** The group that is looked at; null, or one that is not here, dims nothing. */
  readonly focus: string | null;
  readonly zone: Zone;
  /**
   * Strokes lines that are little more than a device pixel wide as hairlines, twice over: the same
   * ink, five to ten times faster where no GPU paints. For screens, not for pictures to keep.
   */
  readonly hairlines: boolean;
}

interface Stroke {
  readonly color: string;
  readonly width: number;
  readonly alpha: number;
  readonly dash: readonly number[];
}

export function paint(surface: Surface, scene: Scene): Layout {
  surface.font = `11px ${scene.theme.font}`;
  const measure = (text: string): number => surface.measureText(text).width;
  const layout = layOut(scene, scene.options, scene.reach, scene.zone, measure);
  surface.globalAlpha = 1;
  surface.setLineDash([]);
  surface.fillStyle = scene.theme.panel;
  // A canvas is a whole number of pixels: a fraction left over would stay black.
  surface.fillRect(0, 0, Math.ceil(scene.width) + 1, Math.ceil(scene.height) + 1);
  paintAxes(surface, scene, layout);
  if (!layout.hasData) return layout;
  const { left, top, width, height } = layout.frame.plot;
  surface.save();
  surface.beginPath();
  // Half a stroke of air, so that a line along the frame keeps its width.
  surface.rect(left, top - 2, width + 2, height + 3);
  surface.clip();
  paintLines(surface, scene, layout);
  surface.restore();
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
    for (const line of banded) paintBand(surface, line, layout, resolve(line, scene));
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
    if (line.data.live) paintEnd(surface, line, layout, scene, stroke(line));
  }
}

const resolve = (line: Line, { theme }: Scene): string =>
  line.data.baseline ? theme.text1 : resolveColor(line.data.color, theme.mode);

function strokeOf(line: Line, scene: Scene, hasFocus: boolean): Stroke {
  const color = resolve(line, scene);
  const dash = dashOf(line, scene);
  const many = scene.lines.length > MANY_LINES;
  if (hasFocus && line.group === scene.focus) return { color, width: 2.25, alpha: 1, dash };
  if (line.data.baseline) {
    return { color, width: 1.75, alpha: hasFocus ? DIMMED_BASELINE : 1, dash };
  }
  const width = many ? 1.1 : 1.35;
  if (hasFocus) return { color, width, alpha: DIMMED, dash };
  return { color, width, alpha: many ? 0.7 : 1, dash };
}

function dashOf({ data }: Line, { lines }: Scene): readonly number[] {
  if (data.baseline) return [5, 3];
  return lines.length > DASHES_UP_TO ? [] : (data.dash ?? []);
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
  const source = sourceOf(line, layout);
  surface.fillStyle = color;
  surface.globalAlpha = BAND;
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
  const y = line.drawn(smoothing, options.lineMode === "mean");
  const source = sourceOf(line, layout, y, smoothing === 0);
  path.clear();
  const standout = standoutOf(source, layout, options);
  trace(source, layout.x, layout.y, { column: columnOf(source, layout), standout }, path);
  const { width, alpha, passes } = penOf(stroke, scene);
  surface.strokeStyle = stroke.color;
  surface.fillStyle = stroke.color;
  surface.lineWidth = width;
  surface.globalAlpha = alpha;
  surface.lineJoin = "bevel";
  surface.setLineDash([...stroke.dash]);
  strokePath(surface, path, Math.max(1.75, stroke.width), passes);
  surface.setLineDash([]);
  surface.globalAlpha = 1;
}

/** How a stroke is put down: as it is, or as one or two hairlines of the same ink. */
function penOf(
  { width, alpha }: Stroke,
  { hairlines, ratio }: Scene,
): { readonly width: number; readonly alpha: number; readonly passes: number } {
  const device = width * ratio;
  if (!hairlines || device > TWO_HAIRLINES) return { width, alpha, passes: 1 };
  if (device <= ONE_HAIRLINE) return { width: 1 / ratio, alpha, passes: 1 };
  return { width: 1 / ratio, alpha: 1 - Math.sqrt(1 - alpha), passes: 2 };
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

/** At the frame's edge: NaN and −Inf at the bottom, +Inf at the top; never so many that they blur. */
function paintMarks(surface: Surface, line: Line, layout: Layout, stroke: Stroke): void {
  const { plot, xDomain } = layout.frame;
  const bottom = plot.top + plot.height;
  const seen = new Set<number>();
  line.eachMark(layout.frame.logY, (x, kind) => {
    if (x < xDomain[0] || x > xDomain[1]) return;
    const px = MARK_SPACING * Math.round(layout.x.map(x) / MARK_SPACING);
    seen.add(px * 4 + kind);
  });
  if (seen.size === 0) return;
  surface.fillStyle = stroke.color;
  surface.globalAlpha = stroke.alpha;
  for (const packed of seen) {
    const px = Math.floor(packed / 4);
    const kind = packed % 4;
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
function paintEnd(
  surface: Surface,
  line: Line,
  layout: Layout,
  { options, theme }: Scene,
  stroke: Stroke,
): void {
  const y = line.drawn(options.smoothing, options.lineMode === "mean");
  let i = line.length - 1;
  while (i >= 0 && !Number.isFinite(layout.y.map(y[i] as number))) i -= 1;
  if (i < 0) return;
  const [px, py] = [layout.x.map(line.x[i] as number), layout.y.map(y[i] as number)];
  surface.beginPath();
  surface.arc(px, py, 3, 0, 2 * Math.PI);
  surface.fillStyle = stroke.alpha < 1 ? theme.panel : stroke.color;
  surface.fill();
  surface.globalAlpha = stroke.alpha;
  surface.fillStyle = stroke.color;
  surface.fill();
  surface.globalAlpha = 1;
}
