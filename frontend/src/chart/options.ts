/** How a panel is drawn when nobody says otherwise. */

import type { PanelOptions } from "./types";

export const defaultOptions: PanelOptions = {
  title: "",
  xKind: "step",
  xLabel: "step",
  xScale: "linear",
  yScale: "linear",
  smoothing: 0,
  smoothingKind: "time",
  xDomain: null,
  yDomain: null,
  clipOutliers: false,
  lineMode: "auto",
  band: true,
};
