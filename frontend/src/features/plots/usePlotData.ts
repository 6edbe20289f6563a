/** Gets what the plots draw: first which keys there are, then the columns that stand somewhere. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { columnsQuery, MOST_COLUMNS } from "../../api/run-columns";
import { fieldsQuery } from "../../api/runs-table";
import type { ChartHub } from "../../chart";
import type { ProjectPlace } from "../../paths";
import { figuresOf, parametersOf, toColumn, usualParameters } from "./columns";
import type { PlotData } from "./data";
import type { PlotsState } from "./usePlots";

const MOST_RUNS = 10_000;
const CANDIDATES = 24; // differing parameters of which the telling ones are shown
const FIGURES = 8;

interface Got {
  data: PlotData | null;
  runs: number | null; // null until it is known
  error: Error | null;
  retry: () => void;
}

export function usePlotData(hub: ChartHub | null, place: ProjectPlace, state: PlotsState): Got {
  const keys = useQuery(fieldsQuery(place, state.asked));
  const fields = keys.data;
  const known = useMemo(() => {
    if (!fields) return null;
    const parameters = parametersOf(fields);
    const figures = figuresOf(fields);
    return { parameters, figures, names: [...parameters, ...figures] };
  }, [fields]);
  const asked = state.target;
  const target =
    known && asked && known.names.includes(asked) ? asked : (known?.figures[0] ?? null);
  const { chosen, x, y, color, by } = state;
  const wanted = useMemo(() => {
    if (!known) return [];
    const there = new Set(known.names);
    const some = [target, x, y, color, by, ...(chosen ?? [])].filter(
      (name): name is string => name !== null && there.has(name),
    );
    const usual = [...known.parameters.slice(0, CANDIDATES), ...known.figures.slice(0, FIGURES)];
    return [...new Set([...some, ...usual])].slice(0, MOST_COLUMNS).sort();
  }, [known, target, chosen, x, y, color, by]);
  const values = useQuery(
    columnsQuery(place, {
      filter: state.asked.filter,
      q: state.asked.q,
      columns: wanted,
      limit: MOST_RUNS,
    }),
  );
  const table = values.data;
  const columns = useMemo(
    () =>
      new Map(
        Object.entries(table?.columns ?? {}).map(([name, raw]) => [name, toColumn(name, raw)]),
      ),
    [table],
  );
  const axes = useMemo(() => {
    if (!fields) return [];
    const names = chosen ?? [...usualParameters(fields, columns), ...(target ? [target] : [])];
    return names.filter((name) => columns.has(name));
  }, [fields, chosen, columns, target]);
  return {
    data:
      fields && known && table
        ? { hub, place, state, fields, table, columns, target, axes, ...known }
        : null,
    runs: fields?.runs ?? null,
    error: keys.error ?? values.error,
    retry: () => {
      void keys.refetch();
      void values.refetch();
    },
  };
}
