/** What the URL says of the plots: which runs, which plot, which columns stand where. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { meantAsFilter } from "../../api/filter-language";
import { readBrushes, readNames, writeNames } from "./brushes";

export const KINDS = [
  { value: "parallel", label: "Parallel" },
  { value: "scatter", label: "Scatter" },
  { value: "importance", label: "Importance" },
  { value: "correlations", label: "Correlations" },
  { value: "groups", label: "Groups" },
] as const;
export type Kind = (typeof KINDS)[number]["value"];

export type Change = Record<string, string | undefined>;

export function usePlots() {
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const set = useCallback(
    (change: Change, replace = false) =>
      void navigate({ to: ".", search: (before) => ({ ...before, ...change }), replace }),
    [navigate],
  );
  const text = search.f ?? "";
  const { cols, brush, axes } = search;
  return {
    set,
    text,
    asked: useMemo(
      () =>
        meantAsFilter(text)
          ? { filter: text, q: "", states: [] }
          : { filter: "", q: text, states: [] },
      [text],
    ),
    kind: KINDS.find(({ value }) => value === search.plot)?.value ?? "parallel",
    target: search.target ?? null,
    x: search.px ?? null,
    y: search.py ?? null,
    color: search.color ?? null,
    by: search.by ?? null,
    shape: search.shape === "violin" ? ("violin" as const) : ("box" as const),
    method: search.method === "pearson" ? ("pearson" as const) : ("spearman" as const),
    log: search.log ?? "",
    chosen: useMemo(() => (cols === undefined ? null : readNames(cols)), [cols]),
    brushes: useMemo(() => readBrushes(brush), [brush]),
    scales: useMemo(() => readScales(axes), [axes]),
  };
}

export type PlotsState = ReturnType<typeof usePlots>;

export const SCALES = ["linear", "log", "symlog", "quantile"] as const;
export type AxisScale = (typeof SCALES)[number];

/** `log~config.lr`: how an axis is drawn that is not drawn as usual. */
function readScales(text = ""): ReadonlyMap<string, AxisScale> {
  return new Map(
    text.split(",").flatMap((part): [string, AxisScale][] => {
      const [kind, name = ""] = part.split("~");
      const scale = SCALES.find((one) => one === kind);
      const [read] = readNames(name);
      return scale && read ? [[read, scale]] : [];
    }),
  );
}

export function writeScales(scales: ReadonlyMap<string, AxisScale>): string {
  return [...scales].map(([name, scale]) => `${scale}~${writeNames([name])}`).join(",");
}
