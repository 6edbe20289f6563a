/**
 * The words of the chart engine: what is drawn, how, and what may be asked back.
 *
 * The engine knows lines, not runs: whoever draws gives each line an id, a name and a colour.
 * Arrays handed over are read, never written to, and may be views into a bigger buffer.
 */

import type { ChartPlot } from "./plot-types";

export type Column = Float64Array | Float32Array;

/** One hex colour, or one for each theme, so that a change of theme resends no data. */
export type LineColor = string | { readonly light: string; readonly dark: string };

export const MARK_NAN = 0;
export const MARK_POSITIVE_INFINITY = 1;
export const MARK_NEGATIVE_INFINITY = 2;

/** Where a value was logged that no axis can hold. It is drawn as a tick at the frame's edge. */
export interface Marks {
  readonly x: Float64Array;
  /** MARK_NAN, MARK_POSITIVE_INFINITY or MARK_NEGATIVE_INFINITY for each x. */
  readonly kind: Uint8Array;
}

export interface LineData {
  readonly id: string;
  readonly name: string;
  readonly color: LineColor;
  readonly dash?: readonly number[] | undefined;
  /** What focus and visibility go by, when one thing has several lines. The id when left out. */
  readonly group?: string | undefined;
  /** Any order; equal x are kept in the order given. */
  readonly x: Float64Array;
  /** The last value of each bucket, or the points themselves. NaN is a gap and a mark. */
  readonly y: Column;
  readonly low?: Column | undefined;
  readonly high?: Column | undefined;
  readonly mean?: Column | undefined;
  /** Points behind each bucket: smoothing weighs buckets by it. */
  readonly count?: Uint32Array | undefined;
  /**
   * Of a group: the spread that is drawn around the line (std, stderr, a confidence interval, two
   * quantiles). `low` and `high` are drawn fainter under it, so that no extreme is hidden by it.
   */
  readonly spreadLow?: Column | undefined;
  readonly spreadHigh?: Column | undefined;
  /** Of a group: how many stand behind each point. */
  readonly members?: Uint32Array | undefined;
  /** Points are joined in the order given, also where x goes back; else in the order of x. */
  readonly asGiven?: boolean | undefined;
  readonly marks?: Marks | undefined;
  /** Still growing: the line ends in a dot. */
  readonly live?: boolean | undefined;
  /** The line others are measured against: dashed, in the colour of text. */
  readonly baseline?: boolean | undefined;
}

/** What x counts: steps, seconds, seconds since the epoch, or another metric. */
export type XKind = "step" | "relative" | "wall" | "metric";

/** `symlog` is linear around zero and logarithmic beyond, for both signs. */
export type ScaleKind = "linear" | "log" | "symlog";

/**
 * How lines are smoothed, see smoothing.ts. The strength is for `time` and `ema` the weight of what
 * came before (0 … 0.99), for `gaussian` the standard deviation in points, for `mean` the width of
 * the window in points. 0 is off.
 */
export type SmoothingKind = "time" | "ema" | "gaussian" | "mean";

/**
 * What a line passes through in a bucket that holds several points:
 * `auto` the last, and any extreme that stands out from the line's usual band;
 * `full` last and both extremes; `last`; `mean`.
 */
export type LineMode = "auto" | "full" | "last" | "mean";

export type Domain = readonly [number, number];

export interface PanelOptions {
  /** Spoken by screen readers, and the heading of an exported picture. */
  readonly title: string;
  /** `relative` is in seconds, `wall` in seconds since the epoch. */
  readonly xKind: XKind;
  readonly xLabel: string;
  readonly xScale: ScaleKind;
  readonly yScale: ScaleKind;
  /** The strength; 0 is off. */
  readonly smoothing: number;
  readonly smoothingKind: SmoothingKind;
  /** null: all there is. A zoom of the hub goes before it. */
  readonly xDomain: Domain | null;
  /** null: what is in view. An end that is null is the data's. */
  readonly yDomain: readonly [number | null, number | null] | null;
  readonly clipOutliers: boolean;
  readonly lineMode: LineMode;
  readonly band: boolean;
}

export interface ChartTheme {
  readonly mode: "light" | "dark";
  readonly font: string;
  readonly panel: string;
  readonly raised: string;
  readonly grid: string;
  readonly line: string;
  readonly lineStrong: string;
  readonly text1: string;
  readonly text2: string;
  readonly text3: string;
  readonly accent: string;
  readonly selected: string;
  readonly crosshair: string;
  readonly bad: string;
}

export interface Rect {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/** What is on the screen now: pixels of the panel's host to units of the data, and back. */
export interface Frame {
  readonly plot: Rect;
  readonly xDomain: Domain;
  readonly yDomain: Domain;
  readonly xScale: ScaleKind;
  readonly yScale: ScaleKind;
  /** True when values lie outside the frame because outliers are clipped. */
  readonly clipped: boolean;
  /** What the frame says about itself, such as values that a log axis cannot show. */
  readonly note: string | null;
}

/** What one line says at one x. */
export interface Reading {
  readonly id: string;
  readonly group: string;
  readonly name: string;
  readonly color: string;
  /** x of the point read: the nearest that the line has. */
  readonly x: number;
  /** What is drawn: the smoothed value when smoothing is on. */
  readonly value: number;
  readonly raw: number;
  readonly low: number;
  readonly high: number;
  /** How far above the baseline the value is at this x; null where there is no baseline to read. */
  readonly delta: number | null;
  /** Of a group: how many stand behind the point. */
  readonly members: number | null;
}

export interface LineSummary {
  readonly id: string;
  readonly name: string;
  readonly points: number;
  readonly last: number;
  readonly min: number;
  readonly max: number;
  /** NaN, +Inf and −Inf that the line holds. */
  readonly nonFinite: number;
}

export interface ChartTable {
  /** Of lines: x first, then a column for each line. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (string | number | null)[])[];
  /** Rows there are; more than `rows` holds when it was cut. */
  readonly total: number;
}

export interface PixelCount {
  readonly width: number;
  readonly height: number;
  /** Pixels that are not the panel's background, axes included. */
  readonly nonBackground: number;
  /** Pixels inside the frame that are neither background nor grid: the data's own. */
  readonly ink: number;
  /** The same picture gives the same digest. */
  readonly digest: string;
}

export interface Hover {
  readonly x: number;
  /** The line nearest to the pointer, if one is near. */
  readonly id: string | null;
  readonly group: string | null;
  readonly panel: ChartPanel;
}

export interface FontSource {
  readonly family: string;
  readonly url: string;
  readonly weight?: string | undefined;
}

export interface HubOptions {
  readonly theme?: ChartTheme | undefined;
  /** null, or a factory that throws, paints on the main thread. */
  readonly workerFactory?: (() => Worker) | null | undefined;
  /** A worker does not see the page's fonts: those that the axes need. */
  readonly fonts?: readonly FontSource[] | undefined;
  /** What one line is called, in tooltips and in words: "run" makes "17 runs". */
  readonly noun?: string | undefined;
  /** Where the tooltip and what is spoken live: a landmark of the page. The body when left out. */
  readonly layers?: HTMLElement | undefined;
  /** Zoom all panels together. True when left out. */
  readonly syncZoom?: boolean | undefined;
  readonly onHover?: ((hover: Hover | null) => void) | undefined;
  /** null: all there is. The panel is the one that was dragged. */
  readonly onZoom?: ((domain: Domain | null, panel: ChartPanel | null) => void) | undefined;
  /** Enter was pressed on a panel. */
  readonly onFullScreen?: ((panel: ChartPanel | ChartPlot) => void) | undefined;
  /** A worker that dies is replaced by painting on the main thread, and told here. */
  readonly onError?: ((error: Error) => void) | undefined;
}

export interface ExportOptions {
  /** Pixels for each CSS pixel: 1, 2, 4. */
  readonly scale?: number | undefined;
  readonly width?: number | undefined;
  readonly height?: number | undefined;
  readonly theme?: ChartTheme | undefined;
}

/** A picture for print: vectors at a chosen size, in a light theme unless told otherwise. */
export interface PublishOptions {
  readonly format: "svg" | "pdf";
  readonly width: number;
  readonly height: number;
  readonly unit: "mm" | "in" | "px";
  /** In points (px: in pixels). 8 when left out. */
  readonly fontSize?: number | undefined;
  /** Helvetica, Times or Courier, which every reader of PDF has. */
  readonly font?: "sans" | "serif" | "mono" | undefined;
  /** In points (px: in pixels). 1 when left out. */
  readonly lineWidth?: number | undefined;
  readonly legend?: "none" | "bottom" | "right" | undefined;
  /** Written over the picture. */
  readonly title?: boolean | undefined;
  readonly theme?: ChartTheme | undefined;
}

/** What a panel of lines and every other plot have in common. */
export interface Published {
  exportPng(options?: ExportOptions): Promise<Blob>;
  exportSvg(options?: ExportOptions): Promise<string>;
  /** A picture for print, as SVG or PDF. */
  publish(options: PublishOptions): Promise<Blob>;
  /** A Python script that draws the same with matplotlib; it carries the drawn data. */
  exportMatplotlib(): Promise<string>;
  /** Exactly what is drawn. */
  exportCsv(): string;
  toTable(maxRows?: number): ChartTable;
  /** Resolves when the last change is on the screen; a panel off screen waits until it comes near. */
  painted(): Promise<void>;
  pixels(): Promise<PixelCount>;
  destroy(): void;
}

export interface ChartPanel extends Published {
  readonly host: HTMLElement;
  /** null until it was painted once. */
  readonly frame: Frame | null;
  setLines(lines: readonly LineData[]): void;
  /** Adds points to a line, in any order of x. An unknown id is ignored. */
  append(id: string, x: ArrayLike<number>, y: ArrayLike<number>): void;
  setOptions(options: Partial<PanelOptions>): void;
  /** What each shown line says at x; a line that is not there at x says nothing. */
  readout(x: number): Reading[];
  summaries(): LineSummary[];
}

/** All panels that share a crosshair, a focus and a zoom. */
export interface ChartHubFace {
  createPanel(host: HTMLElement, options?: Partial<PanelOptions>): ChartPanel;
  /** Dims all other groups to 22 % in every panel; the pointer's own focus goes before it. */
  setFocus(group: string | null): void;
  /** Lines of these groups are not drawn, read or exported. */
  setHidden(groups: ReadonlySet<string>): void;
  /** Puts the crosshair of every panel at x, as the page's own cursor. */
  setHoverX(x: number | null): void;
  setTheme(theme: ChartTheme): void;
  /** Replaces the zoom of all panels without telling `onZoom`. */
  setZoom(domain: Domain | null): void;
  setSyncZoom(sync: boolean): void;
  /** Resolves when every panel on screen shows its last change. */
  painted(): Promise<void>;
  destroy(): void;
}
