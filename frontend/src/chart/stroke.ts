/** Stroke: how a line looks among the others, and how that is put down. */

import type { Line } from "./line";
import { resolveColor } from "./palette";
import type { Scene } from "./scene";

const MANY_LINES = 24;
/** Beyond, dashes are no longer told apart and only make the weave rougher. */
const DASHES_UP_TO = 48;
const DIMMED = 0.22;
const DIMMED_BASELINE = 0.5;
/** Widths in device pixels up to which one or two hairlines stand for a stroke. */
const ONE_HAIRLINE = 1.15;
const TWO_HAIRLINES = 1.6;

export interface Stroke {
  readonly color: string;
  readonly width: number;
  readonly alpha: number;
  readonly dash: readonly number[];
}

export const lineColor = (line: Line, { theme }: Scene): string =>
  line.data.baseline ? theme.text1 : resolveColor(line.data.color, theme.mode);

export function strokeOf(line: Line, scene: Scene, hasFocus: boolean): Stroke {
  const color = lineColor(line, scene);
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

/** How a stroke is put down: as it is, or as one or two hairlines of the same ink. */
export function penOf(
  { width, alpha }: Stroke,
  { hairlines, ratio }: Scene,
): { readonly width: number; readonly alpha: number; readonly passes: number } {
  const device = width * ratio;
  if (!hairlines || device > TWO_HAIRLINES) return { width, alpha, passes: 1 };
  if (device <= ONE_HAIRLINE) return { width: 1 / ratio, alpha, passes: 1 };
  return { width: 1 / ratio, alpha: 1 - Math.sqrt(1 - alpha), passes: 2 };
}
