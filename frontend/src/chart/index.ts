/** The chart engine's face: names only. */

export { type BucketedLine, bucketColumns } from "./bucketed";
export { formatDelta, formatTick, formatValue, formatX } from "./format";
export { ChartHub } from "./hub";
export { defaultOptions } from "./options";
export { DASHES, RINGS, resolveColor, runColor, runColors, runDash } from "./palette";
export type {
  BarSpec,
  BoxSpec,
  ChartPlot,
  HeatSpec,
  MatrixSpec,
  Numbers,
  ParallelAxis,
  ParallelSpec,
  PlotAxis,
  PlotHooks,
  PlotHover,
  PlotSpec,
  Ramp,
  ScatterSpec,
} from "./plot-types";
export { smooth } from "./smoothing";
export { darkTheme, lightTheme } from "./theme";
export type {
  ChartHubFace,
  ChartPanel,
  ChartTable,
  ChartTheme,
  Column,
  Domain,
  ExportOptions,
  FontSource,
  Frame,
  Hover,
  HubOptions,
  LineColor,
  LineData,
  LineMode,
  LineSummary,
  Marks,
  PanelOptions,
  PixelCount,
  Published,
  PublishOptions,
  Reading,
  ScaleKind,
  SmoothingKind,
  XKind,
} from "./types";
export { MARK_NAN, MARK_NEGATIVE_INFINITY, MARK_POSITIVE_INFINITY } from "./types";
