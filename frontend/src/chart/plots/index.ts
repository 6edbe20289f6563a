/**
 * The face of the plots that are not lines: apart from the engine's own, so that a page that shows
 * only lines does not carry them.
 */

import type { ChartHub } from "../hub";
import type { ChartPlot, PlotHooks, PlotSpec } from "../plot-types";
import { Plot } from "./plot";
import { PlotPointer } from "./pointer";

/** A plot in a host of the page, painted by the hub's engine, in its theme and focus. */
export function createPlot(
  hub: ChartHub,
  host: HTMLElement,
  spec: PlotSpec,
  hooks: PlotHooks = {},
): ChartPlot {
  return hub.adopt(({ id, room, say, enlarge }) => {
    const plot = new Plot(id, host, spec, hooks, room);
    return [plot, new PlotPointer(plot, say, enlarge)];
  });
}

export { rampColor } from "./ramps";
