/** What every plot of the page is given: the runs, their columns, and what the URL says. */
import type { RunColumns } from "../../api/run-columns";
import type { RunFields } from "../../api/runs-table";
import type { ChartHub } from "../../chart";
import type { ProjectPlace } from "../../paths";
import type { PlotColumn } from "./columns";
import type { PlotsState } from "./usePlots";

export interface PlotData {
  hub: ChartHub | null;
  place: ProjectPlace;
  state: PlotsState;
  fields: RunFields;
  table: RunColumns;
  columns: ReadonlyMap<string, PlotColumn>;
  figures: readonly string[];
  names: readonly string[]; // all columns that can be chosen
  target: string | null;
  axes: readonly string[]; // those that are chosen, or as usual
}
