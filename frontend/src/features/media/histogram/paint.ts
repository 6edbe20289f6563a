/** Paints histograms on a canvas: over steps as a heat map, of one step as bars. */
import { type ChartTheme, darkTheme, formatTick, lightTheme } from "../../../chart";
import { linearTicks } from "../../../chart/ticks";
import type { Size } from "../../../kit/useSize";
import type { Histogram } from "../values";
import { columnEdges, type Heat } from "./heat";

export interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
}

const [TOP, RIGHT, BOTTOM] = [8, 14, 24];
const LEFT = 48;

export function frameOf({ width, height }: Size): Frame {
  return {
    left: LEFT,
    top: TOP,
    width: Math.max(1, width - LEFT - RIGHT),
    height: Math.max(1, height - TOP - BOTTOM),
  };
}

export const themeOf = (mode: "light" | "dark"): ChartTheme =>
  mode === "dark" ? darkTheme : lightTheme;

/** A canvas as sharp as the screen, cleared; null where there is none. */
export function begin(canvas: HTMLCanvasElement, size: Size): CanvasRenderingContext2D | null {
  const ratio = Math.min(2, devicePixelRatio);
  canvas.width = Math.round(size.width * ratio);
  canvas.height = Math.round(size.height * ratio);
  const context = canvas.getContext("2d");
  context?.setTransform(ratio, 0, 0, ratio, 0, 0);
  return context;
}

type Map = (value: number) => number;

export interface Axes {
  frame: Frame;
  x: readonly [number, number];
  y: readonly [number, number];
  xLabel: string;
  grid: boolean;
}

/** The axes with their marks; returns where values lie. */
export function axes(
  context: CanvasRenderingContext2D,
  theme: ChartTheme,
  { frame, x, y, xLabel, grid }: Axes,
): { x: Map; y: Map } {
  const { left, top, width, height } = frame;
  const toX: Map = (value) => left + ((value - x[0]) / (x[1] - x[0] || 1)) * width;
  const toY: Map = (value) => top + height - ((value - y[0]) / (y[1] - y[0] || 1)) * height;
  context.font = `11px ${theme.font}`;
  context.lineWidth = 1;
  const yTicks = linearTicks(y, Math.max(2, Math.floor(height / 34)));
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const tick of yTicks) {
    const at = Math.round(toY(tick)) + 0.5;
    if (grid) line(context, theme.grid, left, at, left + width, at);
    context.fillStyle = theme.text3;
    context.fillText(formatTick(tick, yTicks), left - 8, at);
  }
  line(context, theme.lineStrong, left, top + height + 0.5, left + width, top + height + 0.5);
  const labelled = xLabel ? context.measureText(xLabel).width + 14 : 0;
  const xTicks = linearTicks(x, Math.max(2, Math.floor(width / 64)));
  context.textAlign = "center";
  context.textBaseline = "top";
  for (const tick of xTicks) {
    const text = formatTick(tick, xTicks);
    if (toX(tick) + context.measureText(text).width / 2 > left + width - labelled) continue;
    context.fillStyle = theme.text3;
    context.fillText(text, toX(tick), top + height + 8);
  }
  if (xLabel) {
    context.textAlign = "right";
    context.fillStyle = theme.text2;
    context.fillText(xLabel, left + width, top + height + 8);
  }
  return { x: toX, y: toY };
}

function line(
  context: CanvasRenderingContext2D,
  color: string,
  ...[x1, y1, x2, y2]: [number, number, number, number]
): void {
  context.strokeStyle = color;
  context.beginPath();
  context.moveTo(x1, y1);
  context.lineTo(x2, y2);
  context.stroke();
}

/** What the columns of a heat map span: half a step beyond the first and the last. */
export function stepsSpan(steps: readonly number[]): [number, number] {
  const edges = columnEdges(steps, (step) => step);
  return [edges[0] as number, edges.at(-1) as number];
}

export function paintHeat(
  context: CanvasRenderingContext2D,
  theme: ChartTheme,
  frame: Frame,
  heat: Heat,
  at: number | null, // the step that is marked
): void {
  const to = axes(context, theme, {
    frame,
    x: stepsSpan(heat.steps),
    y: [heat.low, heat.high],
    xLabel: "step",
    grid: false,
  });
  const most = Math.max(...heat.shares.map((column) => Math.max(...column))) || 1;
  const edges = columnEdges(heat.steps, to.x);
  context.fillStyle = theme.accent;
  heat.shares.forEach((column, index) => {
    const [from, until] = [edges[index] as number, edges[index + 1] as number];
    column.forEach((share, row) => {
      if (share <= 0) return;
      context.globalAlpha = 0.06 + 0.94 * Math.sqrt(share / most);
      const [low, high] = [rowAt(heat, row), rowAt(heat, row + 1)].map(to.y) as [number, number];
      // To whole pixels: neighbours meet, and nothing shines through between them.
      const [x, y] = [Math.round(from), Math.round(high)];
      context.fillRect(x, y, Math.max(1, Math.round(until) - x), Math.max(1, Math.round(low) - y));
    });
  });
  context.globalAlpha = 1;
  if (at === null || heat.steps.length < 2) return;
  context.setLineDash([3, 3]);
  line(context, theme.crosshair, to.x(at), frame.top, to.x(at), frame.top + frame.height);
  context.setLineDash([]);
}

export function rowAt({ low, high, rows }: Heat, row: number): number {
  return low + ((high - low) * row) / rows;
}

export function paintBars(
  context: CanvasRenderingContext2D,
  theme: ChartTheme,
  frame: Frame,
  { counts, edges }: Histogram,
  hovered: number | null,
): void {
  const most = Math.max(...counts, 0) || 1;
  const to = axes(context, theme, {
    frame,
    x: [edges[0] as number, edges.at(-1) as number],
    y: [0, most * 1.05],
    xLabel: "",
    grid: true,
  });
  counts.forEach((count, at) => {
    const [from, until] = [to.x(edges[at] as number), to.x(edges[at + 1] as number)];
    const gap = until - from > 4 ? 1 : 0;
    context.fillStyle = theme.accent;
    context.globalAlpha = hovered === null || hovered === at ? 1 : 0.55;
    const top = to.y(count);
    context.fillRect(from, top, Math.max(0.5, until - from - gap), frame.top + frame.height - top);
  });
  context.globalAlpha = 1;
}
