/** Boxes and violins: how the values of each group lie. */

import type { BoxSpec, Numbers } from "../plot-types";
import type { Scale } from "../scales";
import type { Look } from "../scene";
import type { Surface } from "../surface";
import type { Frame } from "../types";
import { clipped, drawGrid, valueSide } from "./axes";
import { shownOf } from "./bars";
import { colorsOf } from "./ramps";

const THICK = 0.62;
const THICKEST = 36;
const SAMPLES = 64;

export interface Quartiles {
  readonly n: number;
  readonly low: number;
  readonly q1: number;
  readonly median: number;
  readonly q3: number;
  readonly high: number;
  readonly outliers: readonly number[];
}

/** Between the two nearest values by distance, as numpy's default does. */
function quantile(sorted: Float64Array, q: number): number {
  const at = q * (sorted.length - 1);
  const i = Math.floor(at);
  const below = sorted[i] as number;
  const above = sorted[Math.min(sorted.length - 1, i + 1)] as number;
  return below + (above - below) * (at - i);
}

/** Quartiles, and whiskers to the last value within one and a half of their distance. */
export function quartiles(values: Numbers): Quartiles | null {
  const sorted = Float64Array.from(Array.from(values).filter(Number.isFinite)).sort();
  if (sorted.length === 0) return null;
  const [q1, median, q3] = [0.25, 0.5, 0.75].map((q) => quantile(sorted, q)) as [
    number,
    number,
    number,
  ];
  const reach = 1.5 * (q3 - q1);
  const inside = sorted.filter((value) => value >= q1 - reach && value <= q3 + reach);
  const [low, high] = [Math.min(inside[0] ?? q1, q1), Math.max(inside.at(-1) ?? q3, q3)];
  const outliers = [...sorted].filter((value) => value < low || value > high);
  return { n: sorted.length, low, q1, median, q3, high, outliers };
}

export function paintBoxes(surface: Surface, spec: BoxSpec, look: Look): Frame {
  const shown = shownOf(spec.ids, look.hidden);
  const all = shown.flatMap((i) => Array.from(spec.values[i] ?? []));
  const { frame, x, y } = drawGrid(surface, look, {
    x: valueSide(spec.value, all),
    y: { of: "names", names: shown.map((i) => spec.names?.[i] ?? spec.ids[i] ?? "") },
  });
  const colorOf = colorsOf(spec, look);
  const thick = Math.min(THICKEST, (frame.plot.height / Math.max(1, shown.length)) * THICK);
  const dims = look.focus !== null && spec.ids.includes(look.focus);
  clipped(surface, frame, () => {
    shown.forEach((i, place) => {
      const values = spec.values[i] ?? [];
      const alpha = dims && spec.ids[i] !== look.focus ? 0.22 : 1;
      const one = { x, y: y.map(place + 0.5), thick, color: colorOf(i), alpha };
      if (spec.shape === "violin") paintViolin(surface, values, one);
      paintBox(surface, values, spec.shape === "violin" ? { ...one, thick: thick * 0.2 } : one);
    });
  });
  surface.globalAlpha = 1;
  return frame;
}

interface Row {
  readonly x: Scale;
  readonly y: number;
  readonly thick: number;
  readonly color: string;
  readonly alpha: number;
}

function paintBox(surface: Surface, values: Numbers, { x, y, thick, color, alpha }: Row): void {
  const found = quartiles(values);
  if (!found) return;
  const [low, q1, median, q3, high] = (["low", "q1", "median", "q3", "high"] as const).map((name) =>
    x.map(found[name]),
  ) as [number, number, number, number, number];
  const half = thick / 2;
  surface.fillStyle = color;
  surface.strokeStyle = color;
  surface.lineWidth = 1.25;
  surface.globalAlpha = alpha * 0.18;
  surface.fillRect(q1, y - half, q3 - q1, thick);
  surface.globalAlpha = alpha;
  surface.beginPath();
  surface.rect(q1, y - half, q3 - q1, thick);
  surface.moveTo(low, y);
  surface.lineTo(q1, y);
  surface.moveTo(q3, y);
  surface.lineTo(high, y);
  surface.stroke();
  surface.lineWidth = 2.25;
  surface.beginPath();
  surface.moveTo(median, y - half);
  surface.lineTo(median, y + half);
  surface.stroke();
  surface.beginPath();
  for (const value of found.outliers) {
    const px = x.map(value);
    surface.moveTo(px + 2, y);
    surface.arc(px, y, 2, 0, 2 * Math.PI);
  }
  surface.fill();
}

/** How dense values lie along an axis, by Silverman's rule, in units of the axis' pixels. */
export function density(pixels: readonly number[], from: number, to: number): Float64Array {
  const out = new Float64Array(SAMPLES + 1);
  const n = pixels.length;
  const mean = pixels.reduce((sum, value) => sum + value, 0) / n;
  const spread = Math.sqrt(
    pixels.reduce((sum, v) => sum + (v - mean) ** 2, 0) / Math.max(1, n - 1),
  );
  const width = Math.max(1, 1.06 * spread * n ** -0.2);
  for (let k = 0; k <= SAMPLES; k += 1) {
    const at = from + ((to - from) * k) / SAMPLES;
    for (const value of pixels)
      out[k] = (out[k] as number) + Math.exp(-((at - value) ** 2) / (2 * width ** 2));
  }
  return out;
}

function paintViolin(surface: Surface, values: Numbers, { x, y, thick, color, alpha }: Row): void {
  const pixels = Array.from(values, (value) => x.map(value)).filter(Number.isFinite);
  if (pixels.length < 2) return;
  const [from, to] = [Math.min(...pixels), Math.max(...pixels)];
  const dense = density(pixels, from, to);
  const most = Math.max(...dense);
  const at = (k: number): number => from + ((to - from) * k) / SAMPLES;
  const half = (k: number): number => ((dense[k] as number) / most) * (thick / 2);
  surface.fillStyle = color;
  surface.globalAlpha = alpha * 0.24;
  surface.beginPath();
  surface.moveTo(at(0), y - half(0));
  for (let k = 1; k <= SAMPLES; k += 1) surface.lineTo(at(k), y - half(k));
  for (let k = SAMPLES; k >= 0; k -= 1) surface.lineTo(at(k), y + half(k));
  surface.closePath();
  surface.fill();
}
