/** Points over two axes, one colour after the other. */

import type { PlotView } from "../messages";
import type { ScatterSpec } from "../plot-types";
import type { Look } from "../scene";
import type { Surface } from "../surface";
import type { Frame } from "../types";
import { clipped, drawGrid, valueSide } from "./axes";
import { colorsOf } from "./ramps";
import { drawRuler, rulerRoom } from "./ruler";

export function radiusOf({ radius, ids }: ScatterSpec): number {
  return radius ?? (ids.length <= 200 ? 4 : ids.length <= 2000 ? 3 : 2);
}

export function paintScatter(
  surface: Surface,
  spec: ScatterSpec,
  view: PlotView,
  look: Look,
): Frame {
  const sides = {
    x: valueSide(spec.x, spec.xs, { zoom: view.x }),
    y: valueSide(spec.y, spec.ys, { zoom: view.y }),
  };
  const { frame, x, y } = drawGrid(surface, look, sides, rulerRoom(spec.ramp));
  const colorOf = colorsOf(spec, look);
  const radius = radiusOf(spec);
  const focus = look.focus === null ? -1 : spec.ids.indexOf(look.focus);
  const byColor = new Map<string, number[]>();
  let left = 0;
  spec.ids.forEach((id, i) => {
    if (look.hidden.has(id) || i === focus) return;
    const [px, py] = [x.map(spec.xs[i] as number), y.map(spec.ys[i] as number)];
    if (!Number.isFinite(px) || !Number.isFinite(py)) {
      left += Number.isNaN(spec.xs[i]) || Number.isNaN(spec.ys[i]) ? 0 : 1;
      return;
    }
    const color = colorOf(i);
    const places = byColor.get(color) ?? [];
    places.push(px, py);
    byColor.set(color, places);
  });
  const dots = (places: readonly number[], color: string, size: number): void => {
    surface.fillStyle = color;
    surface.beginPath();
    for (let i = 0; i < places.length; i += 2) {
      const [px, py] = [places[i] as number, places[i + 1] as number];
      surface.moveTo(px + size, py);
      surface.arc(px, py, size, 0, 2 * Math.PI);
    }
    surface.fill();
  };
  clipped(surface, frame, () => {
    surface.globalAlpha = focus >= 0 ? 0.22 : 0.8;
    for (const [color, places] of byColor) dots(places, color, radius);
    surface.globalAlpha = 1;
    if (focus < 0) return;
    const at = [x.map(spec.xs[focus] as number), y.map(spec.ys[focus] as number)];
    dots(at, colorOf(focus), radius + 2);
  });
  drawRuler(surface, look, frame, spec.ramp);
  const note =
    left > 0 ? `${left} ${left === 1 ? "point" : "points"} not shown on a log axis` : null;
  return { ...frame, note };
}
