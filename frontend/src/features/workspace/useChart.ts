/** Ties a panel of the engine to the curves of its keys: set when they change, grown when they grow. */
import { type RefObject, useCallback, useEffect, useMemo, useRef, useState } from "react";
import type { CurveEvent, Curves } from "../../api/curves";
import type { Run } from "../../api/types";
import type { ChartPanel } from "../../chart";
import { useCharts, useCurvesOver } from "./charts";
import { useGroupLines } from "./group-lines";
import { lineId, linesOf } from "./lines";
import type { PanelContent } from "./panel-content";
import { panelOptions, type Resolved } from "./settings";

const APPENDED_AT_MOST = 600; // points drawn one by one before the buckets are drawn instead
const HEADER_MS = 250; // how often the header follows live points

export interface ChartState {
  panel: RefObject<ChartPanel | null>;
  version: number; // counts what happened to the lines
  empty: boolean;
  error: Error | null;
  retry: () => void;
  whole: Curves; // from first to last, whatever is zoomed
}

const X_LABEL = { step: "step", relative: "time", wall: "", metric: "" } as const;

/** Names, colours and states, as one text that changes when any of them does. */
function looks(runs: readonly Run[], baseline: string | null): string {
  const each = runs.map((run) => `${run.id} ${run.name} ${run.color} ${run.state}`);
  return [baseline, ...each].join("\n");
}

export function useChart(
  host: RefObject<HTMLDivElement | null>,
  content: PanelContent,
  settings: Resolved,
): ChartState {
  const { hub, runs, shown, view, groups } = useCharts();
  const { curves, whole, grouped } = useCurvesOver(settings.x);
  const panel = useRef<ChartPanel | null>(null);
  const [version, setVersion] = useState(0);
  const [error, setError] = useState<Error | null>(null);
  const [empty, setEmpty] = useState(false);
  const baseline = view.base;
  const latest = useRef({ runs, shown, baseline, groups });
  latest.current = { runs, shown, baseline, groups };
  const { title } = content;

  const [made, setMade] = useState<ChartPanel | null>(null);
  const titled = useRef(title);
  titled.current = title;
  useEffect(() => {
    if (!host.current) return;
    const made = hub.createPanel(host.current, { title: titled.current });
    panel.current = made;
    setMade(made);
    return () => {
      made.destroy();
      panel.current = null;
      setMade(null);
    };
  }, [hub, host]);

  useEffect(() => {
    made?.setOptions({ title, ...panelOptions(settings) });
  }, [made, title, settings]);
  useEffect(() => {
    made?.setOptions({ xKind: curves.x, xLabel: curves.xKey ?? X_LABEL[curves.x] });
  }, [made, curves]);

  // What is computed is computed for each run, so it is drawn for each of them.
  const byGroup = grouped !== null && !content.expression;
  const groupLines = useGroupLines(byGroup ? made : null, content, grouped);
  const chart = byGroup ? null : made;

  const loading = useCallback(
    () => content.keys.some((key) => curves.loading(key)),
    [curves, content],
  );
  const draw = useCallback(() => {
    const { runs, shown, baseline } = latest.current;
    const { groups } = latest.current;
    const drawn = groups ? runs.filter(({ id }) => shown.has(id)) : runs;
    const lines = linesOf({ curves, content, runs: drawn, baseline, groups });
    chart?.setLines(lines);
    const seen = groups ? lines : lines.filter((line) => shown.has(line.group ?? line.id));
    setEmpty(!loading() && seen.length === 0);
  }, [chart, curves, content, loading]);

  useEffect(() => {
    if (!chart) return;
    let appended = 0;
    let timer: ReturnType<typeof setTimeout> | null = null;
    const tell = (act: () => void) => {
      timer ??= setTimeout(() => {
        timer = null;
        act();
        setVersion((n) => n + 1);
      }, HEADER_MS);
    };
    const drawAll = () => {
      appended = 0;
      draw();
      setVersion((n) => n + 1);
    };
    const heard = (key: string) => (event: CurveEvent) => {
      if (event.type === "failed") return setError(event.error);
      setError(null);
      if (event.type === "changed") return drawAll();
      if (content.expression) return tell(draw);
      const line = curves.line(key, event.run);
      appended += event.growth.x.length;
      const first = line !== null && line.logged === event.growth.x.length;
      if (first || appended > APPENDED_AT_MOST) return drawAll();
      chart.append(lineId(content, event.run, key), event.growth.x, event.growth.y);
      tell(() => {});
    };
    const leave = content.keys.map((key) => curves.want(key, heard(key)));
    if (!loading()) drawAll();
    return () => {
      for (const one of leave) one();
      if (timer) clearTimeout(timer);
    };
  }, [chart, curves, content, draw, loading]);

  useEffect(() => {
    if (whole === curves) return;
    const leave = content.keys.map((key) => whole.want(key, () => setVersion((n) => n + 1)));
    return () => {
      for (const one of leave) one(); // wanted for the header alone
    };
  }, [whole, curves, content]);

  const look = useMemo(
    () => looks(runs, baseline) + (groups ? [...shown].join(" ") : ""),
    [runs, baseline, groups, shown],
  );
  const drawnLook = useRef(look);
  useEffect(() => {
    if (drawnLook.current === look) return;
    drawnLook.current = look;
    draw();
  }, [look, draw]);

  useEffect(() => {
    // Which of them are shown decides only whether there is anything to see.
    if (loading()) return;
    const drawn = (run: Run) => content.keys.some((key) => curves.line(key, run.id)?.n);
    setEmpty(!runs.some((run) => shown.has(run.id) && drawn(run)));
  }, [curves, content, runs, shown, loading]);

  const retry = useCallback(() => {
    if (byGroup) return groupLines.retry();
    setError(null);
    for (const key of content.keys) curves.retry(key);
  }, [curves, content, byGroup, groupLines]);
  if (byGroup) return { ...groupLines, panel, retry, whole };
  return { panel, version, empty, error, retry, whole };
}
