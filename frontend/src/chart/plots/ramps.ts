/** Colours by value: a ramp that only gets lighter, and one with two ends around nothing. */

import { resolveColor } from "../palette";
import type { Ramp } from "../plot-types";
import { scaleOf } from "../scales";
import type { Look } from "../scene";
import type { ChartTheme, Domain, LineColor } from "../types";

/** Viridis; each theme leaves out the end that its background would swallow. */
const STOPS = "440154 482878 3e4989 31688e 26828e 1f9e89 35b779 6ece58 b5de2b fde725"
  .split(" ")
  .map(channels);
const SPAN = { light: [0, 0.9], dark: [0.2, 1] } as const;
export const SHADES = 48;

type Channels = readonly [number, number, number];

function channels(hex: string): Channels {
  const value = Number.parseInt(hex.replace("#", ""), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

const asHex = (color: Channels): string =>
  `#${color.map((one) => Math.round(one).toString(16).padStart(2, "0")).join("")}`;

function mixed(from: Channels, to: Channels, share: number): Channels {
  return [0, 1, 2].map((i) => {
    const [a, b] = [from[i] as number, to[i] as number];
    return a + (b - a) * share;
  }) as unknown as Channels;
}

export function mix(from: string, to: string, share: number): string {
  return asHex(mixed(channels(from), channels(to), Math.min(1, Math.max(0, share))));
}

/** The ramp at a share of its length, 0 … 1. */
export function rampColor(share: number, mode: "light" | "dark"): string {
  const [low, high] = SPAN[mode];
  const at = (low + (high - low) * Math.min(1, Math.max(0, share))) * (STOPS.length - 1);
  const i = Math.min(STOPS.length - 2, Math.floor(at));
  return asHex(mixed(STOPS[i] as Channels, STOPS[i + 1] as Channels, at - i));
}

/** From blue through the background to red, for shares of −1 … 1. */
export function divergingColor(share: number, theme: ChartTheme): string {
  const end = share < 0 ? "#2f6fed" : theme.mode === "light" ? "#c02536" : "#ff5a66";
  return mix(theme.panel, end, Math.abs(share));
}

export function extentOf(values: ArrayLike<number>, floor = Number.NEGATIVE_INFINITY): Domain {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < values.length; i += 1) {
    const value = values[i] as number;
    if (!Number.isFinite(value) || value <= floor) continue;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  return low <= high ? [low, high] : floor === 0 ? [1, 10] : [0, 1];
}

/** What items are coloured by. */
export interface Colored {
  readonly colors?: readonly LineColor[] | LineColor | undefined;
  readonly ramp?: Ramp | null | undefined;
}

/** The colour of each item; those without a value on the ramp are grey. */
export function colorsOf({ colors, ramp }: Colored, { theme }: Look): (i: number) => string {
  if (ramp) {
    const log = ramp.scale === "log";
    const domain = ramp.domain ?? extentOf(ramp.values, log ? 0 : undefined);
    const { map } = scaleOf(ramp.scale ?? "linear", domain, [0, 1]);
    const shades = Array.from({ length: SHADES }, (_, i) =>
      rampColor(i / (SHADES - 1), theme.mode),
    );
    return (i) => {
      const at = map(ramp.values[i] as number);
      if (!Number.isFinite(at)) return theme.lineStrong;
      return shades[Math.round(Math.min(1, Math.max(0, at)) * (SHADES - 1))] as string;
    };
  }
  if (colors === undefined) return () => theme.accent;
  if (typeof colors === "string" || "light" in colors) {
    const one = resolveColor(colors as LineColor, theme.mode);
    return () => one;
  }
  return (i) => resolveColor(colors[i] ?? theme.accent, theme.mode);
}
