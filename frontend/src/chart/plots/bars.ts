/** Bars from nothing to their value, with whiskers; names from the top down. */

import type { BarSpec } from "../plot-types";
import type { Look } from "../scene";
import type { Surface } from "../surface";
import type { Frame } from "../types";
import { clipped, drawGrid, valueSide } from "./axes";
import { colorsOf } from "./ramps";

/** Of its row, what a bar takes. */
const THICK = 0.68;
const THICKEST = 28;

/** Places of the items that are shown, from the top down. */
export function shownOf(ids: readonly string[], hidden: ReadonlySet<string>): number[] {
  return ids.flatMap((id, i) => (hidden.has(id) ? [] : [i]));
}

export function paintBars(surface: Surface, spec: BarSpec, look: Look): Frame {
  const { values, low, high, names, ids } = spec;
  const shown = shownOf(ids, look.hidden);
  const reach = shown.flatMap((i) => [values[i] ?? NaN, low?.[i] ?? NaN, high?.[i] ?? NaN]);
  const { frame, x, y } = drawGrid(surface, look, {
    x: valueSide(spec.value, reach, { zero: true }),
    y: { of: "names", names: shown.map((i) => names?.[i] ?? ids[i] ?? "") },
  });
  const colorOf = colorsOf(spec, look);
  const row = frame.plot.height / Math.max(1, shown.length);
  const thick = Math.min(THICKEST, row * THICK);
  const zero = Number.isFinite(x.map(0)) ? x.map(0) : frame.plot.left;
  const dims = look.focus !== null && ids.includes(look.focus);
  clipped(surface, frame, () => {
    shown.forEach((i, place) => {
      const end = x.map(values[i] as number);
      if (!Number.isFinite(end)) return;
      const middle = y.map(place + 0.5);
      surface.globalAlpha = dims && ids[i] !== look.focus ? 0.22 : 1;
      surface.fillStyle = colorOf(i);
      surface.fillRect(Math.min(zero, end), middle - thick / 2, Math.abs(end - zero), thick);
      const [from, to] = [x.map(low?.[i] ?? NaN), x.map(high?.[i] ?? NaN)];
      if (Number.isFinite(from) && Number.isFinite(to)) whisker(surface, look, from, to, middle);
    });
  });
  surface.globalAlpha = 1;
  return frame;
}

function whisker(surface: Surface, look: Look, from: number, to: number, y: number): void {
  surface.strokeStyle = look.theme.text1;
  surface.lineWidth = 1.25;
  surface.beginPath();
  surface.moveTo(from, y);
  surface.lineTo(to, y);
  for (const end of [from, to]) {
    surface.moveTo(end, y - 3);
    surface.lineTo(end, y + 3);
  }
  surface.stroke();
}
