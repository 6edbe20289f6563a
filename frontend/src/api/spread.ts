/** What of a group's curve is drawn: its middle, and how far its runs lie around it. */
import type { Grouping } from "./curves";
import type { GroupSeries, Values } from "./frame";

export type Middle = "mean" | "median" | "min" | "max";
/** `ci`: where the mean lies with 95 % confidence (Student's t); `quantiles`: the middle half. */
export type Spread = "minmax" | "std" | "stderr" | "ci" | "quantiles" | "none";

const QUARTILES = [0.25, 0.75];

/** What has to be asked for. */
export function aggregatesFor(
  middle: Middle,
  spread: Spread,
): Required<Pick<Grouping, "aggregates" | "quantiles">> {
  const around = spread === "std" ? ["std" as const] : [];
  const error = spread === "stderr" || spread === "ci" ? ["stderr" as const] : [];
  const center = around.length + error.length > 0 ? ["mean" as const] : [];
  return {
    aggregates: [...new Set([middle, ...center, ...around, ...error])],
    quantiles: spread === "quantiles" ? QUARTILES : [],
  };
}

/** Columns as a chart takes them; `low` and `high` are the extremes of any run. */
export interface GroupColumns {
  x: Float64Array;
  y: Float64Array;
  low: Float64Array;
  high: Float64Array;
  spreadLow?: Float64Array;
  spreadHigh?: Float64Array;
  members: Uint32Array;
  count: Uint32Array;
}

export function groupColumns(series: GroupSeries, middle: Middle, spread: Spread): GroupColumns {
  const floats = (name: string): Float64Array => Float64Array.from(column(series, name));
  const members = Uint32Array.from(column(series, "run_count"));
  const edges = edgesOf(series, spread, members);
  return {
    x: floats("x"),
    y: floats(middle),
    low: floats("low"),
    high: floats("high"),
    ...(edges && { spreadLow: edges[0], spreadHigh: edges[1] }),
    members,
    count: Uint32Array.from(column(series, "count")),
  };
}

function column({ columns, n }: GroupSeries, name: string): Values {
  return columns[name] ?? new Float64Array(n).fill(Number.NaN);
}

function edgesOf(
  series: GroupSeries,
  spread: Spread,
  members: Uint32Array,
): [Float64Array, Float64Array] | null {
  if (spread === "none") return null;
  if (spread === "minmax") {
    return [Float64Array.from(column(series, "low")), Float64Array.from(column(series, "high"))];
  }
  if (spread === "quantiles") {
    const [low, high] = QUARTILES.map((q) => Float64Array.from(column(series, `q${q}`)));
    return [low as Float64Array, high as Float64Array];
  }
  const mean = column(series, "mean");
  const each = column(series, spread === "std" ? "std" : "stderr");
  const by = (i: number): number => {
    const times = spread === "ci" ? student((members[i] as number) - 1) : 1;
    return times * (each[i] as number);
  };
  return [
    Float64Array.from(mean, (value, i) => value - by(i)),
    Float64Array.from(mean, (value, i) => value + by(i)),
  ];
}

const FEW = [
  Number.NaN,
  12.7062,
  4.30265,
  3.18245,
  2.77645,
  2.57058,
  2.44691,
  2.36462,
  2.306,
  2.26216,
];

/** The 97.5th percentile of Student's t: a table for few, an expansion around the normal's beyond. */
export function student(freedom: number): number {
  const known = FEW[freedom];
  if (known !== undefined) return known;
  const z = 1.959964;
  const terms = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
  ];
  return terms.reduce((sum, term, i) => sum + term / freedom ** (i + 1), z);
}
