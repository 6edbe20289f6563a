/** A line for each run through its parameters and figures; brushed, it says which runs are inside. */
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { type Domain, type ParallelSpec, runColors } from "../../chart";
import { EmptyState } from "../../kit/states";
import { Axes } from "./Axes";
import { type Brushes, insideOf, writeBrushes, writeNames } from "./brushes";
import { labelsOf, usualScale } from "./columns";
import type { PlotData } from "./data";
import { Inside } from "./Inside";
import { Plot } from "./Plot";
import { type AxisScale, writeScales } from "./usePlots";

const HEIGHT = 400;
const LEAST = 84; // pixels for each axis
const SETTLED_MS = 250; // a drag is written to the URL when it rests

/** Brushes follow the hand at once, and the URL when the hand rests. */
function useBrushes({ state }: PlotData) {
  const { brushes: told, set } = state;
  const [brushes, setBrushes] = useState(told);
  const [given, give] = useState(told); // not by hand: the plot has to be told
  const written = useRef(writeBrushes(told));
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  const text = writeBrushes(told);
  // biome-ignore lint/correctness/useExhaustiveDependencies: only when the URL says something else
  useEffect(() => {
    if (text === written.current) return;
    written.current = text;
    setBrushes(told);
    give(told);
  }, [text]);
  useEffect(
    () => () => {
      if (timer.current) clearTimeout(timer.current);
    },
    [],
  );
  const byHand = useCallback(
    (next: Brushes) => {
      setBrushes(next);
      if (timer.current) clearTimeout(timer.current);
      timer.current = setTimeout(() => {
        written.current = writeBrushes(next);
        set({ brush: written.current }, true);
      }, SETTLED_MS);
    },
    [set],
  );
  const change = useCallback(
    (next: Brushes) => {
      byHand(next);
      give(next);
    },
    [byHand],
  );
  return { brushes, given, byHand, change };
}

export function Parallel({ data }: { data: PlotData }) {
  const { state, columns, table, axes, target } = data;
  const { brushes, given, byHand, change } = useBrushes(data);
  const [hovered, hover] = useState<string | null>(null);
  const current = useRef(brushes);
  current.current = brushes;
  const ramp = target ? columns.get(target) : undefined;
  const labels = useMemo(() => labelsOf(axes), [axes]);
  // biome-ignore lint/correctness/useExhaustiveDependencies: brushes by hand are in the plot already
  const spec = useMemo(
    (): ParallelSpec => ({
      type: "parallel",
      title: ramp ? `Runs by ${ramp.label}` : "Runs",
      ids: table.runs,
      names: table.names,
      colors: table.colors.map(runColors),
      axes: axes.flatMap((name, at) => {
        const column = columns.get(name);
        if (!column) return [];
        const { values, categories } = column;
        const label = labels[at] ?? column.label;
        const asked = state.scales.get(name);
        const scale = categories ? "category" : (asked ?? usualScale(column));
        return [{ key: name, label, scale, values, ...(categories ? { categories } : {}) }];
      }),
      ramp: ramp && !ramp.categories ? { label: ramp.label, values: ramp.values } : null,
      brushes: current.current,
    }),
    [table, columns, axes, labels, ramp, state.scales, given],
  );
  const drawn = useMemo(
    () =>
      Object.fromEntries(Object.entries(brushes).filter(([name]) => axes.includes(name))) as Record<
        string,
        Domain
      >,
    [brushes, axes],
  );
  const inside = useMemo(
    () => insideOf(columns, drawn, table.runs.length),
    [columns, drawn, table],
  );
  const order = (names: readonly string[]) => state.set({ cols: writeNames(names) });
  const scaled = (name: string, scale: AxisScale) =>
    state.set({ axes: writeScales(new Map(state.scales).set(name, scale)) });
  if (axes.length < 2) {
    return (
      <EmptyState title="Fewer than two columns">
        Runs differ in nothing that was configured. Choose columns to draw them all the same.
      </EmptyState>
    );
  }
  return (
    <>
      <Plot
        hub={data.hub}
        spec={spec}
        height={HEIGHT}
        least={LEAST * axes.length}
        hovered={hovered}
        hooks={{ onBrush: byHand, onOrder: order }}
        note="Drag along an axis to brush it, click it to let go, drag its name to move it."
        tools={
          <Axes
            axes={spec.axes}
            brushes={drawn}
            onBrushes={change}
            onOrder={order}
            onScale={scaled}
          />
        }
      />
      <Inside
        data={data}
        brushes={drawn}
        inside={inside}
        onHover={hover}
        onClear={() => change({})}
      />
    </>
  );
}
