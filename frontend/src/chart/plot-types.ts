/**
 * The words of the plots that are not lines over x: what each is given, and what it calls back.
 *
 * A spec is the whole plot: to change something, give a new one. Items (points, bars, rows of
 * parallel axes) are known by the ids given; arrays are read, never written to. NaN is "not there".
 */

import type { ChartTheme, Domain, Frame, LineColor, Published, ScaleKind } from "./types";

export type Numbers = Float64Array | Float32Array | readonly number[];

export interface PlotAxis {
  readonly label: string;
  readonly scale?: ScaleKind | undefined;
  /** Seconds since the epoch, marked as times. */
  readonly wall?: boolean | undefined;
  /** null or left out: all there is. */
  readonly domain?: Domain | null | undefined;
}

/** Colour by value: from low (blue) to high (yellow), told apart by every eye. */
export interface Ramp {
  readonly label: string;
  /** One for each item. */
  readonly values: Numbers;
  readonly scale?: ScaleKind | undefined;
  readonly domain?: Domain | null | undefined;
}

/** What is the same for all that is drawn of items. */
interface Items {
  readonly ids: readonly string[];
  /** The ids when left out. */
  readonly names?: readonly string[] | undefined;
  /** One for each item, or one for all. */
  readonly colors?: readonly LineColor[] | LineColor | undefined;
}

export interface ScatterSpec extends Items {
  readonly type: "scatter";
  readonly title: string;
  readonly x: PlotAxis;
  readonly y: PlotAxis;
  readonly xs: Numbers;
  readonly ys: Numbers;
  readonly ramp?: Ramp | null | undefined;
  /** Radius in pixels; by the number of points when left out. */
  readonly radius?: number | undefined;
}

export interface BarSpec extends Items {
  readonly type: "bar";
  readonly title: string;
  readonly value: PlotAxis;
  readonly values: Numbers;
  /** Whiskers, such as a confidence interval. */
  readonly low?: Numbers | undefined;
  readonly high?: Numbers | undefined;
}

export interface BoxSpec extends Items {
  readonly type: "box";
  readonly title: string;
  readonly value: PlotAxis;
  /** `box`: quartiles, whiskers to the last value within 1.5 of their distance, others as points. */
  readonly shape: "box" | "violin";
  /** The values of each group. */
  readonly values: readonly Numbers[];
}

/** Histograms side by side: one column for each x, each with bins of its own. */
export interface HeatSpec {
  readonly type: "heat";
  readonly title: string;
  readonly x: PlotAxis;
  readonly y: PlotAxis;
  readonly columns: readonly {
    readonly x: number;
    /** One more than counts. */
    readonly edges: Numbers;
    readonly counts: Numbers;
  }[];
  readonly label: string;
}

export interface MatrixSpec {
  readonly type: "matrix";
  readonly title: string;
  readonly rows: readonly string[];
  readonly columns: readonly string[];
  /** Row after row; NaN is an empty cell. */
  readonly values: Numbers;
  /** Coloured from blue over nothing to red; [-1, 1] when left out. */
  readonly domain?: Domain | undefined;
  readonly label: string;
}

export interface ParallelAxis {
  readonly key: string;
  readonly label: string;
  /** `quantile`: by rank; `category`: the values are places in `categories`. */
  readonly scale: ScaleKind | "quantile" | "category";
  readonly values: Numbers;
  readonly categories?: readonly string[] | undefined;
}

export interface ParallelSpec extends Items {
  readonly type: "parallel";
  readonly title: string;
  /** From left to right. */
  readonly axes: readonly ParallelAxis[];
  readonly ramp?: Ramp | null | undefined;
  /** By key, in units of the values. Rows outside any of them are dimmed. */
  readonly brushes?: Readonly<Record<string, Domain>> | undefined;
}

export type PlotSpec = ScatterSpec | BarSpec | BoxSpec | HeatSpec | MatrixSpec | ParallelSpec;

/** What the pointer, or the keyboard, is at. */
export interface PlotHover {
  /** Of items their place; of cells row × columns + column. */
  readonly index: number;
  readonly id: string | null;
  readonly name: string;
  readonly facts: readonly { readonly label: string; readonly value: string }[];
}

export interface PlotHooks {
  readonly onHover?: ((hover: PlotHover | null) => void) | undefined;
  /** Clicked, or Enter. */
  readonly onPick?: ((hover: PlotHover) => void) | undefined;
  /** Parallel axes: brushed by hand. `ids` are those inside of all brushes. */
  readonly onBrush?:
    | ((brushes: Readonly<Record<string, Domain>>, ids: readonly string[]) => void)
    | undefined;
  /** Parallel axes: an axis was dragged to another place. */
  readonly onOrder?: ((keys: readonly string[]) => void) | undefined;
  /** Scatter: zoomed by hand; null: all there is. */
  readonly onZoom?: ((zoom: { readonly x: Domain; readonly y: Domain } | null) => void) | undefined;
}

export interface ChartPlot extends Published {
  readonly host: HTMLElement;
  /** null until it was painted once. */
  readonly frame: Frame | null;
  readonly spec: PlotSpec;
  setSpec(spec: PlotSpec): void;
  /** Draws one item over the others, as the page's own pointer does: the hub's focus is separate. */
  setHovered(id: string | null): void;
}

/** What a plot is painted with besides its spec. */
export interface PlotLook {
  readonly theme: ChartTheme;
  readonly hidden: ReadonlySet<string>;
  readonly focus: string | null;
}
