/** What a value is shown as, by its kind. */

import type { ReactNode } from "react";
import { createPortal } from "react-dom";
import type { Json } from "../../api/types";
import { ChartView } from "./charts/ChartView";
import { HtmlView } from "./frames/HtmlView";
import { PlotlyView } from "./frames/PlotlyView";
import { HistogramView } from "./histogram/HistogramView";
import { ImagesView } from "./images/ImagesView";
import { JsonView } from "./JsonView";
import { ModelView } from "./ModelView";
import { PlayerView } from "./PlayerView";
import type { PanelEntry } from "./panels";
import { TableView } from "./table/TableView";
import { kindOf } from "./values";

export interface ViewerProps {
  entry: PanelEntry;
  value: Json; // of the step that is shown
  values: readonly Json[]; // of every step
  steps: readonly number[];
  at: number;
  onStep: (at: number) => void;
  full: boolean;
  tools: HTMLElement | null; // a place in the header
}

export function Viewer(props: ViewerProps) {
  if (props.entry.chart) return <ChartView {...props} spec={props.entry.chart} />;
  switch (kindOf(props.value)) {
    case "images":
      return <ImagesView {...props} />;
    case "histogram":
      return <HistogramView {...props} />;
    case "table":
      return <TableView {...props} />;
    case "html":
      return <HtmlView {...props} />;
    case "plotly":
      return <PlotlyView {...props} />;
    case "audio":
    case "video":
      return <PlayerView {...props} />;
    case "model":
      return <ModelView {...props} />;
    default:
      return <JsonView value={props.value} />;
  }
}

/** Puts the controls of a viewer into the header of its panel. */
export function Tools({ into, children }: { into: HTMLElement | null; children: ReactNode }) {
  return into && createPortal(children, into);
}
