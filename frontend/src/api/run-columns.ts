/** Values of many runs, a column for each config key, figure or field: what plots draw. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { post } from "./runs-table";
import type { Json, RunState } from "./types";

export interface RunColumns {
  total: number; // how many meet the filter; the lists may be shorter
  runs: string[];
  names: string[];
  colors: number[];
  states: RunState[];
  columns: Record<string, Json[]>; // by name, an item for each run
}

export const MOST_COLUMNS = 64;

interface ColumnsQuestion {
  filter: string;
  q: string;
  columns: readonly string[];
  limit: number;
}

export const columnsQuery = (
  place: { owner: string; project: string },
  question: ColumnsQuestion,
) =>
  queryOptions({
    queryKey: ["run-columns", place.owner, place.project, question],
    queryFn: ({ signal }) => post<RunColumns>(place, "columns", question, { signal }),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    enabled: question.columns.length > 0,
  });
