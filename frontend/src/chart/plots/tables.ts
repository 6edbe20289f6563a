/** What a plot draws, as a table. */

import type { Numbers, PlotSpec } from "../plot-types";
import { csvOf } from "../table";
import type { ChartTable, Domain } from "../types";
import { quartiles } from "./boxes";
import { brushed } from "./places";

type Cell = string | number | null;

interface Sheet {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly Cell[])[];
}

const at = (values: Numbers | undefined, i: number): number | null => {
  const value = values?.[i];
  return value === undefined || Number.isNaN(value) ? null : value;
};

/** Only what is drawn: hidden items and rows outside of the brushes are left out. */
export function sheetOf(
  spec: PlotSpec,
  hidden: ReadonlySet<string>,
  brushes: Readonly<Record<string, Domain>>,
): Sheet {
  if (spec.type === "matrix") {
    const { rows, columns, values } = spec;
    return {
      columns: ["", ...columns],
      rows: rows.map((name, r) => [
        name,
        ...columns.map((_, c) => at(values, r * columns.length + c)),
      ]),
    };
  }
  if (spec.type === "heat") {
    return {
      columns: [spec.x.label || "x", "from", "to", spec.label],
      rows: spec.columns.flatMap(({ x, edges, counts }) =>
        Array.from(counts, (count, k) => [x, at(edges, k), at(edges, k + 1), count]),
      ),
    };
  }
  const inside = spec.type === "parallel" ? brushed(spec, brushes, hidden) : null;
  const shown = spec.ids.flatMap((id, i) => (hidden.has(id) || inside?.[i] === 0 ? [] : [i]));
  const head = (i: number): Cell[] => [spec.ids[i] ?? "", spec.names?.[i] ?? spec.ids[i] ?? ""];
  const sheet = (columns: string[], cells: (i: number) => Cell[]): Sheet => {
    const ramp = "ramp" in spec ? spec.ramp : null;
    return {
      columns: ["id", "name", ...columns, ...(ramp ? [ramp.label] : [])],
      rows: shown.map((i) => [...head(i), ...cells(i), ...(ramp ? [at(ramp.values, i)] : [])]),
    };
  };
  if (spec.type === "scatter") {
    return sheet([spec.x.label || "x", spec.y.label || "y"], (i) => [
      at(spec.xs, i),
      at(spec.ys, i),
    ]);
  }
  if (spec.type === "bar") {
    const whiskers = spec.low && spec.high;
    return sheet([spec.value.label || "value", ...(whiskers ? ["low", "high"] : [])], (i) => [
      at(spec.values, i),
      ...(whiskers ? [at(spec.low, i), at(spec.high, i)] : []),
    ]);
  }
  if (spec.type === "box") {
    return sheet(["n", "low", "q1", "median", "q3", "high"], (i) => {
      const found = quartiles(spec.values[i] ?? []);
      return found
        ? [found.n, found.low, found.q1, found.median, found.q3, found.high]
        : [0, null, null, null, null, null];
    });
  }
  return sheet(
    spec.axes.map(({ label }) => label),
    (i) =>
      spec.axes.map(({ scale, categories, values }) => {
        const value = at(values, i);
        return scale === "category" && value !== null ? (categories?.[value] ?? null) : value;
      }),
  );
}

/** As a table of the page: names are its text, the rest numbers. */
export function tableOf({ columns, rows }: Sheet, maxRows: number): ChartTable {
  return { columns, rows: rows.slice(0, maxRows), total: rows.length };
}

export function csvOfSheet({ columns, rows }: Sheet): string {
  return csvOf([columns, ...rows]);
}
