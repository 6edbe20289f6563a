/** How a panel is drawn when nobody says otherwise. */

import type { PanelOptions } from "./types";

export const defaultOptions: PanelOptions = {
  title: "",
  xKind: "step",
  xLabel: "step",
  logY: false,
  smoothing: 0,
  xDomain: null,
  yDomain: null,
  clipOutliers: false,
  lineMode: "auto",
  band: true,
};
