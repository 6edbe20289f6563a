/** PlotAct: what paints a plot, by its kind. */

import type { Act, LegendItem } from "../act";
import type { Message, PlotView } from "../messages";
import type { PlotSpec } from "../plot-types";
import type { Look } from "../scene";
import type { Surface } from "../surface";
import type { Frame } from "../types";
import { paintBars } from "./bars";
import { paintBoxes } from "./boxes";
import { paintHeat, paintMatrix } from "./heat";
import { paintParallel } from "./parallel";
import { paintScatter } from "./scatter";

export const NO_VIEW: PlotView = { x: null, y: null, brushes: {}, draft: false };

const NOTHING: PlotSpec = { type: "bar", title: "", value: { label: "" }, ids: [], values: [] };

export function paintPlot(surface: Surface, spec: PlotSpec, view: PlotView, look: Look): Frame {
  switch (spec.type) {
    case "scatter":
      return paintScatter(surface, spec, view, look);
    case "bar":
      return paintBars(surface, spec, look);
    case "box":
      return paintBoxes(surface, spec, look);
    case "heat":
      return paintHeat(surface, spec, look);
    case "matrix":
      return paintMatrix(surface, spec, look);
    case "parallel":
      return paintParallel(surface, spec, view, look);
  }
}

export class PlotAct implements Act {
  constructor(
    readonly state: { spec: PlotSpec; view: PlotView } = { spec: NOTHING, view: NO_VIEW },
  ) {}

  get title(): string {
    return this.state.spec.title;
  }

  take(message: Message): boolean {
    if (message.type === "plot") this.state.spec = message.spec;
    else if (message.type === "view") this.state.view = message.view;
    else return false;
    return true;
  }

  rehidden(): void {}

  holds(group: string | null): boolean {
    const { spec } = this.state;
    return group !== null && "ids" in spec && spec.ids.includes(group);
  }

  /** Names that stand on an axis, and colours by value, need none. */
  legend(): LegendItem[] {
    return [];
  }

  paint(surface: Surface, look: Look): Frame {
    return paintPlot(surface, this.state.spec, this.state.view, look);
  }
}
