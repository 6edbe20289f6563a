/**
 * Drawings: what the charts of `wandb.plot` mean, from the name of a chart and its table.
 *
 * A chart is told by roles ("x is the column fpr"); a role that the table does not have, and a
 * chart that is not known here, are told in words instead of drawn.
 */
import type { Json } from "../../../api/types";
import type { ChartSpec } from "../panels";
import { asNumber, asText, type Table } from "../table/rows";

export type Point = readonly [x: number, y: number];

export interface Line {
  name: string;
  points: readonly Point[];
}

export interface XY {
  kind: "xy";
  mark: "line" | "points";
  lines: readonly Line[];
  x: string;
  y: string;
  unit: boolean; // both axes go from 0 to 1
  diagonal: boolean; // what chance would give
}

export interface Bars {
  kind: "bars";
  bars: readonly { label: string; value: number }[];
  label: string;
  value: string;
}

export interface Counts {
  kind: "counts";
  counts: readonly number[];
  edges: readonly number[];
  value: string;
}

export interface Matrix {
  kind: "matrix";
  rows: readonly string[]; // actual
  columns: readonly string[]; // predicted
  counts: readonly (readonly number[])[];
}

export interface Undrawn {
  kind: "undrawn";
  why: string;
}

export type Drawing = XY | Bars | Counts | Matrix | Undrawn;

const MOST = 10_000; // rows that a chart draws, as wandb does

type Draw = (spec: ChartSpec, table: Table) => Drawing;

/** By the name without its version. */
const KNOWN: Record<string, Draw> = {
  "wandb/line": (spec, table) => xy(spec, table, { x: "x", y: "y", by: "stroke", mark: "line" }),
  "wandb/scatter": (spec, table) =>
    xy(spec, table, { x: "x", y: "y", by: "class", mark: "points" }),
  "wandb/lineseries": (spec, table) =>
    xy(spec, table, { x: "step", y: "lineVal", by: "lineKey", mark: "line", xName: "xname" }),
  "wandb/area-under-curve": (spec, table) =>
    xy(spec, table, {
      x: "x",
      y: "y",
      by: "class",
      mark: "line",
      xName: "x-axis-title",
      yName: "y-axis-title",
      unit: true,
    }),
  "wandb/bar": bars,
  "wandb/histogram": counts,
  "wandb/confusion_matrix": matrix,
};

const nameOf = (spec: ChartSpec): string => spec.name.replace(/\/v\d+$/, "");

/** Whether a chart is one that is drawn here. */
export function isDrawn(spec: ChartSpec): boolean {
  return Object.hasOwn(KNOWN, nameOf(spec));
}

export function drawingOf(spec: ChartSpec, table: Table): Drawing {
  const draw = isDrawn(spec) ? KNOWN[nameOf(spec)] : undefined;
  if (!draw) return undrawn(`The drawing “${spec.name}” is not known here; this is its table.`);
  return draw(spec, { ...table, rows: table.rows.slice(0, MOST) });
}

const undrawn = (why: string): Undrawn => ({ kind: "undrawn", why });
const lacks = (name: string) => undrawn(`The table has no column “${name}” to draw.`);

/** The column that has a role, by number; -1 where the table has none of that name. */
function columnOf({ fields }: ChartSpec, { columns }: Table, role: string): number {
  const name = fields[role] ?? role;
  return columns.findIndex((column) => column.name === name);
}

interface Roles {
  x: string;
  y: string;
  by?: string;
  mark: XY["mark"];
  xName?: string; // strings that name the axes
  yName?: string;
  unit?: boolean;
}

const OPTIONAL: ReadonlySet<string> = new Set(["stroke", "class"]); // groups if it is named

function xy(spec: ChartSpec, table: Table, roles: Roles): Drawing {
  const [x, y] = [columnOf(spec, table, roles.x), columnOf(spec, table, roles.y)];
  const grouped = roles.by && (spec.fields[roles.by] || !OPTIONAL.has(roles.by));
  const by = grouped ? columnOf(spec, table, roles.by as string) : -1;
  if (x < 0) return lacks(spec.fields[roles.x] ?? roles.x);
  if (y < 0) return lacks(spec.fields[roles.y] ?? roles.y);
  const lines = new Map<string, Point[]>();
  for (const row of table.rows) {
    const [left, up] = [finite(row[x]), finite(row[y])];
    if (left === null || up === null) continue;
    const name = by < 0 ? "" : asText(row[by]);
    const points = lines.get(name) ?? [];
    points.push([left, up]);
    lines.set(name, points);
  }
  if (roles.mark === "line")
    for (const points of lines.values()) points.sort((a, b) => a[0] - b[0]);
  return {
    kind: "xy",
    mark: roles.mark,
    lines: [...lines].map(([name, points]) => ({ name, points })),
    x: spec.strings[roles.xName ?? ""] || nameAt(table, x),
    y:
      spec.strings[roles.yName ?? ""] ||
      (by >= 0 && roles.by === "lineKey" ? "" : nameAt(table, y)),
    unit: roles.unit ?? false,
    diagonal: spec.fields.x === "fpr",
  };
}

const nameAt = ({ columns }: Table, at: number): string => columns[at]?.name ?? "";

function finite(cell: Json | undefined): number | null {
  const value = asNumber(cell);
  return value !== null && Number.isFinite(value) ? value : null;
}

const MOST_BARS = 500;

function bars(spec: ChartSpec, table: Table): Drawing {
  const [label, value] = [columnOf(spec, table, "label"), columnOf(spec, table, "value")];
  if (label < 0) return lacks(spec.fields.label ?? "label");
  if (value < 0) return lacks(spec.fields.value ?? "value");
  const found = table.rows.slice(0, MOST_BARS).flatMap((row) => {
    const number = finite(row[value]);
    return number === null ? [] : [{ label: asText(row[label]), value: number }];
  });
  return { kind: "bars", bars: found, label: nameAt(table, label), value: nameAt(table, value) };
}

/** As many bins as its values are worth: the square root of how many there are. */
function counts(spec: ChartSpec, table: Table): Drawing {
  const at = columnOf(spec, table, "value");
  if (at < 0) return lacks(spec.fields.value ?? "value");
  const values = table.rows.flatMap((row) => finite(row[at]) ?? []);
  if (values.length === 0) return undrawn("The column holds no numbers.");
  let [low, high] = [values[0] as number, values[0] as number];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  if (low === high) [low, high] = [low - 0.5, high + 0.5];
  const bins = Math.min(60, Math.max(5, Math.ceil(Math.sqrt(values.length))));
  const found = new Array<number>(bins).fill(0);
  for (const value of values) {
    const bin = Math.min(bins - 1, Math.floor(((value - low) / (high - low)) * bins));
    found[bin] = (found[bin] as number) + 1;
  }
  const edges = Array.from({ length: bins + 1 }, (_, bin) => low + ((high - low) * bin) / bins);
  return { kind: "counts", counts: found, edges, value: nameAt(table, at) };
}

const MOST_CLASSES = 200;

function matrix(spec: ChartSpec, table: Table): Drawing {
  const roles = ["Actual", "Predicted", "nPredictions"] as const;
  const columns = roles.map((role) => columnOf(spec, table, role));
  const missing = roles.find((_, at) => (columns[at] as number) < 0);
  if (missing) return lacks(spec.fields[missing] ?? missing);
  const [actual, predicted, many] = columns as [number, number, number];
  const names = [
    ...new Set(table.rows.flatMap((row) => [asText(row[actual]), asText(row[predicted])])),
  ];
  if (names.length > MOST_CLASSES)
    return undrawn(`A matrix of ${names.length} classes is a table here.`);
  const place = new Map(names.map((name, at) => [name, at]));
  const found = names.map(() => new Array<number>(names.length).fill(0));
  for (const row of table.rows) {
    const line = found[place.get(asText(row[actual])) as number] as number[];
    const at = place.get(asText(row[predicted])) as number;
    line[at] = (line[at] as number) + (finite(row[many]) ?? 0);
  }
  return { kind: "matrix", rows: names, columns: names, counts: found };
}
