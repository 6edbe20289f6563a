/**
 * The ring of 24 hues and four dashes that lines are told apart by.
 *
 * The same index gives the same hue in both themes. Hues are ordered so that any first few
 * are as far apart as they can be, also for colour-blind eyes; index 24 begins anew, dashed.
 */

import type { LineColor } from "./types";

type Mode = "light" | "dark";

const LIGHT =
  "2f6fed da7306 881356 5d18af b71727 549768 a54391 c55123 b372d8 5552bb a62f5f 1f97a5 5a5d04 9079fe 0f8d81 900d2e 076c92 612c92 b28b45 990b71 6a9708 8462cd cd67b7 9c2047";
const DARK =
  "5b94ff fd8706 b06f8c c9b9f8 f9ada8 15bd63 d777c2 cf6139 a468c7 7474ef da93a8 6bc8d5 c6cc6c a79ef2 55ddcd d17279 549cc0 af8bdb b8892d c573a4 769154 9b7ce3 bc5fa8 dd7d90";

const hexes = (ring: string): readonly string[] => ring.split(" ").map((hue) => `#${hue}`);

export const RINGS: Readonly<Record<Mode, readonly string[]>> = {
  light: hexes(LIGHT),
  dark: hexes(DARK),
};

export const DASHES: readonly (readonly number[])[] = [[], [6, 3], [2, 3], [8, 3, 2, 3]];

const HUES = 24;

function turn(index: number, length: number): number {
  return ((Math.trunc(index) % length) + length) % length;
}

/** The hue of an index in one theme, as hex. */
export function runColor(index: number, mode: Mode): string {
  return RINGS[mode][turn(index, HUES)] as string;
}

/** The hue of an index for both themes: what `LineData.color` likes best. */
export function runColors(index: number): { readonly light: string; readonly dark: string } {
  return { light: runColor(index, "light"), dark: runColor(index, "dark") };
}

export function runDash(index: number): readonly number[] {
  return DASHES[turn(Math.floor(index / HUES), DASHES.length)] as readonly number[];
}

export function resolveColor(color: LineColor, mode: Mode): string {
  return typeof color === "string" ? color : color[mode];
}
