/** The ruler beside a plot that is coloured by value: which colour means what. */

import { formatLogTick } from "../format";
import type { Ramp } from "../plot-types";
import type { Look } from "../scene";
import type { Surface } from "../surface";
import type { Frame } from "../types";
import { fitted } from "./axes";
import { extentOf, rampColor, SHADES } from "./ramps";

const ROOM = 60;

export const rulerRoom = (ramp: Ramp | null | undefined): number => (ramp ? ROOM : 0);

export function drawRuler(
  surface: Surface,
  look: Look,
  { plot }: Frame,
  ramp: Ramp | null | undefined,
): void {
  if (!ramp) return;
  const domain = ramp.domain ?? extentOf(ramp.values, ramp.scale === "log" ? 0 : undefined);
  const left = plot.left + plot.width + 14;
  const height = plot.height / SHADES;
  for (let i = 0; i < SHADES; i += 1) {
    surface.fillStyle = rampColor(i / (SHADES - 1), look.theme.mode);
    surface.fillRect(left, plot.top + plot.height - (i + 1) * height, 8, height + 0.5);
  }
  surface.fillStyle = look.theme.text3;
  surface.textAlign = "left";
  surface.textBaseline = "middle";
  const text = (value: number): string =>
    fitted(formatLogTick(Number(value.toPrecision(3))), ROOM - 26, surface);
  surface.fillText(text(domain[1]), left + 12, plot.top + 5);
  surface.fillText(text(domain[0]), left + 12, plot.top + plot.height - 5);
  surface.textBaseline = "alphabetic";
  surface.textAlign = "right";
  surface.fillText(fitted(ramp.label, ROOM, surface), look.width - 8, plot.top + plot.height + 16);
}
