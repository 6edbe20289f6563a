/**
 * What travels between the page and the stage that paints, and how lines are packed for it.
 *
 * All columns of one panel go into one buffer, which is handed over and not copied again; columns
 * that several lines share (one grid of x) are packed once.
 */

import type { Line } from "./line";
import type { PlotSpec } from "./plot-types";
import type {
  ChartTheme,
  Column,
  Domain,
  ExportOptions,
  FontSource,
  Frame,
  LineColor,
  LineData,
  PanelOptions,
} from "./types";

/** 0 out of sight, 1 within a screen of it, 2 in sight. */
export type Near = 0 | 1 | 2;

type Kind = "f32" | "f64" | "u32" | "u8";
type Packable = Column | Uint32Array | Uint8Array;
type Place = readonly [kind: Kind, offset: number, length: number];

interface PackedLine {
  readonly id: string;
  readonly name: string;
  readonly color: LineColor;
  readonly dash: readonly number[] | undefined;
  readonly group: string;
  readonly live: boolean | undefined;
  readonly baseline: boolean | undefined;
  readonly asGiven: boolean | undefined;
  readonly columns: Readonly<Record<string, Place>>;
}

export interface PackedLines {
  readonly buffer: ArrayBuffer;
  readonly lines: readonly PackedLine[];
}

export type Canvas = OffscreenCanvas | HTMLCanvasElement;
export type Ask = "pixels" | "png" | "svg";

/** What the reader did to a plot, which is not in its spec. */
export interface PlotView {
  readonly x: Domain | null;
  readonly y: Domain | null;
  readonly brushes: Readonly<Record<string, Domain>>;
  /** True while it changes with every move of the pointer: speed goes before completeness. */
  readonly draft: boolean;
}

export interface Tail {
  readonly id: string;
  readonly x: Float64Array;
  readonly y: Float64Array;
}

export type Message =
  | {
      readonly type: "open";
      readonly panel: number;
      readonly canvas: Canvas;
      readonly shows: "lines" | "plot";
    }
  | { readonly type: "plot"; readonly panel: number; readonly spec: PlotSpec }
  | { readonly type: "view"; readonly panel: number; readonly view: PlotView }
  | { readonly type: "options"; readonly panel: number; readonly options: PanelOptions }
  | { readonly type: "lines"; readonly panel: number; readonly packed: PackedLines }
  | { readonly type: "append"; readonly panel: number; readonly tails: readonly Tail[] }
  | { readonly type: "zoom"; readonly panel: number; readonly domain: Domain | null }
  | {
      readonly type: "size";
      readonly panel: number;
      readonly width: number;
      readonly height: number;
      readonly ratio: number;
    }
  | { readonly type: "near"; readonly panel: number; readonly near: Near }
  | { readonly type: "close"; readonly panel: number }
  | { readonly type: "theme"; readonly theme: ChartTheme }
  | { readonly type: "focus"; readonly group: string | null }
  | { readonly type: "hidden"; readonly groups: ReadonlySet<string> }
  | { readonly type: "fonts"; readonly fonts: readonly FontSource[] }
  | {
      readonly type: "ask";
      readonly panel: number;
      readonly ask: number;
      readonly what: Ask;
      readonly how: ExportOptions;
    };

/** Messages of one turn of the page; the stage paints after the last of them. */
export interface Batch {
  readonly revision: number;
  readonly messages: readonly Message[];
}

/** What a panel looks like since its last paint. */
export interface Painted {
  readonly panel: number;
  readonly paints: number;
  readonly frame: Frame;
}

export type Reply =
  | {
      readonly type: "painted";
      /** All panels show all that came up to this batch, except those that wait. */
      readonly revision: number;
      readonly panels: readonly Painted[];
      readonly waiting: readonly number[];
    }
  | { readonly type: "answer"; readonly ask: number; readonly value: unknown }
  | { readonly type: "refused"; readonly ask: number; readonly reason: string };

function kindOf(column: Packable): Kind {
  if (column instanceof Float64Array) return "f64";
  if (column instanceof Float32Array) return "f32";
  return column instanceof Uint32Array ? "u32" : "u8";
}

function columnsOf(line: Line): Record<string, Packable> {
  const { x, y, low, high, mean, count, spreadLow, spreadHigh, members, length } = line;
  const spread = { spreadLow, spreadHigh, members };
  const all: Record<string, Packable | undefined> = { x, y, low, high, mean, count, ...spread };
  const columns: Record<string, Packable> = {};
  for (const [name, column] of Object.entries(all)) {
    if (column) columns[name] = column.length === length ? column : column.subarray(0, length);
  }
  const { marks } = line.data;
  return marks ? { ...columns, markX: marks.x, markKind: marks.kind } : columns;
}

export function pack(lines: readonly Line[]): PackedLines {
  const places = new Map<Packable, Place>();
  let size = 0;
  const packed = lines.map((line): PackedLine => {
    const columns: Record<string, Place> = {};
    for (const [name, column] of Object.entries(columnsOf(line))) {
      const place = places.get(column) ?? [kindOf(column), size, column.length];
      if (!places.has(column)) {
        places.set(column, place);
        size += Math.ceil(column.byteLength / 8) * 8;
      }
      columns[name] = place;
    }
    const { id, name, color, dash, live, baseline, asGiven } = line.data;
    return { id, name, color, dash, live, baseline, asGiven, group: line.group, columns };
  });
  const buffer = new ArrayBuffer(size);
  for (const [column, place] of places) view(buffer, place).set(column);
  return { buffer, lines: packed };
}

function view(buffer: ArrayBuffer, [kind, offset, length]: Place): Packable {
  if (kind === "f64") return new Float64Array(buffer, offset, length);
  if (kind === "f32") return new Float32Array(buffer, offset, length);
  if (kind === "u32") return new Uint32Array(buffer, offset, length);
  return new Uint8Array(buffer, offset, length);
}

export function unpack({ buffer, lines }: PackedLines): LineData[] {
  return lines.map(({ columns, ...rest }) => {
    const take = (name: string): Packable | undefined => {
      const place = columns[name];
      return place && view(buffer, place);
    };
    const markX = take("markX") as Float64Array | undefined;
    return {
      ...rest,
      x: take("x") as Float64Array,
      y: take("y") as Column,
      low: take("low") as Column | undefined,
      high: take("high") as Column | undefined,
      mean: take("mean") as Column | undefined,
      count: take("count") as Uint32Array | undefined,
      spreadLow: take("spreadLow") as Column | undefined,
      spreadHigh: take("spreadHigh") as Column | undefined,
      members: take("members") as Uint32Array | undefined,
      marks: markX && { x: markX, kind: take("markKind") as Uint8Array },
    };
  });
}
