/**
 * The words of the chart engine: what is drawn, how, and what may be asked back.
 *
 * The engine knows lines, not runs: whoever draws gives each line an id, a name and a colour.
 * Arrays handed over are read, never written to, and may be views into a bigger buffer.
 */

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
  readonly marks?: Marks | undefined;
  /** Still growing: the line ends in a dot. */
  readonly live?: boolean | undefined;
  /** The line others are measured against: dashed, in the colour of text. */
  readonly baseline?: boolean | undefined;
}

export type XKind = "step" | "relative" | "wall";

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
  readonly logY: boolean;
  /** 0 … 0.99, see smoothing.ts. */
  readonly smoothing: number;
  /** null: all there is. A zoom of the hub goes before it. */
  readonly xDomain: Domain | null;
  readonly yDomain: Domain | null;
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
  readonly logY: boolean;
  /** True when values lie outside the frame because outliers are clipped. */
  readonly clipped: boolean;
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
  /** x first, then a column for each line. */
  readonly columns: readonly string[];
  readonly rows: readonly (readonly (number | null)[])[];
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

export interface ChartPanel {
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
  toTable(maxRows?: number): ChartTable;
  /** Every point inside the frame, with the values drawn. */
  exportCsv(): string;
  exportPng(options?: ExportOptions): Promise<Blob>;
  exportSvg(options?: ExportOptions): Promise<string>;
  /** Resolves when the last change is on the screen; a panel off screen waits until it comes near. */
  painted(): Promise<void>;
  pixels(): Promise<PixelCount>;
  destroy(): void;
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
