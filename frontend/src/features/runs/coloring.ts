/** Runs coloured by what they have of a column: texts by the ring, numbers by how large they are. */
import type { Histogram } from "../../api/runs-table";
import type { Json } from "../../api/types";
import { fromJson, number } from "../../kit/format";
import { RING, runColor } from "../../kit/marks";

export interface Coloring {
  colorOf: (value: Json | undefined) => string;
  legend: { color: string; label: string }[];
  even: boolean; // between the two of the legend lies everything
}

const NEUTRAL = "var(--line-strong)"; // what has no such value, or one of the rare ones
const RAMP = [10, 100];

const ramp = (share: number) => {
  const [faint = 0, full = 100] = RAMP;
  const strong = Math.round(faint + (full - faint) * share);
  return `color-mix(in oklab, var(--run-0) ${strong}%, var(--run-1))`;
};

/** The colours are those of all runs that are asked for, whether or not they are loaded. */
export function coloringBy({ edges, values, counts }: Histogram): Coloring {
  if (counts.length === 0) {
    const placeOf = new Map(values.map(({ value }, at) => [value, at % RING]));
    const color = (value: string) => {
      const at = placeOf.get(value);
      return at === undefined ? NEUTRAL : runColor(at);
    };
    return {
      colorOf: (value) => (typeof value === "string" ? color(value) : NEUTRAL),
      legend: values.map(({ value }) => ({ color: color(value), label: value })),
      even: false,
    };
  }
  const low = edges[0] ?? 0;
  const high = edges.at(-1) ?? low;
  // Where the bins are of equal ratio, so are the colours.
  const [a = low, b = a] = [edges[0], edges[1]];
  const linear = edges.length < 3 || Math.abs(b - a - ((edges[2] ?? b) - b)) < (high - low) * 1e-6;
  const placeOf = linear ? (x: number) => x : Math.log;
  const span = placeOf(high) - placeOf(low);
  return {
    colorOf: (value) => {
      const found = fromJson(value);
      if (found === null || !Number.isFinite(found)) return NEUTRAL;
      const share = span > 0 ? (placeOf(found) - placeOf(low)) / span : 1;
      return Number.isFinite(share) ? ramp(Math.max(0, Math.min(1, share))) : NEUTRAL;
    },
    legend: [
      { color: ramp(0), label: number(low) },
      { color: ramp(1), label: number(high) },
    ],
    even: true,
  };
}
