/** Ties a panel of the engine to the curves of its key: set when they change, grown when they grow. */
import { type RefObject, useCallback, useEffect, useRef, useState } from "react";
import type { CurveEvent, Curves } from "../../api/curves";
import type { Run, XAxis } from "../../api/types";
import { type ChartPanel, type LineData, runColors, runDash } from "../../chart";
import { useCharts } from "./charts";
import { lineData } from "./line-data";

const APPENDED_AT_MOST = 600; // points drawn one by one before the buckets are drawn instead
const HEADER_MS = 250; // how often the header follows live points

export interface ChartState {
  panel: RefObject<ChartPanel | null>;
  version: number; // counts what happened to the lines
  empty: boolean;
  error: Error | null;
  retry: () => void;
}

const X_LABEL: Record<XAxis, string> = { step: "step", relative: "time", wall: "" };

function dataOf(curves: Curves, key: string, runs: readonly Run[]): LineData[] {
  const lines: LineData[] = [];
  for (let i = runs.length - 1; i >= 0; i--) {
    const run = runs[i] as Run; // the newest last, on top
    const line = curves.line(key, run.id);
    if (!line?.n) continue;
    lines.push({
      ...lineData(line),
      id: run.id,
      name: run.name,
      color: runColors(run.color),
      dash: runDash(run.color),
      live: run.state === "running",
    });
  }
  return lines;
}

/** Names, colours and states, as one text that changes when any of them does. */
function looks(runs: readonly Run[]): string {
  return runs.map((run) => `${run.id} ${run.name} ${run.color} ${run.state}`).join("\n");
}

export function useChart(host: RefObject<HTMLDivElement | null>, key: string): ChartState {
  const { hub, curves, whole, runs, shown, view } = useCharts();
  const panel = useRef<ChartPanel | null>(null);
  const [version, setVersion] = useState(0);
  const [error, setError] = useState<Error | null>(null);
  const [empty, setEmpty] = useState(false);
  const latest = useRef({ runs, shown });
  latest.current = { runs, shown };

  const { smooth, logY, clip } = view;
  const [chart, setChart] = useState<ChartPanel | null>(null);
  useEffect(() => {
    if (!host.current) return;
    const made = hub.createPanel(host.current, { title: key });
    panel.current = made;
    setChart(made);
    return () => {
      made.destroy();
      panel.current = null;
      setChart(null);
    };
  }, [hub, host, key]);

  useEffect(() => {
    chart?.setOptions({ smoothing: smooth, logY, clipOutliers: clip });
  }, [chart, smooth, logY, clip]);

  const draw = useCallback(() => {
    const lines = dataOf(curves, key, latest.current.runs);
    chart?.setOptions({ xKind: curves.x, xLabel: X_LABEL[curves.x] });
    chart?.setLines(lines);
    const { shown } = latest.current;
    setEmpty(!curves.loading(key) && !lines.some((line) => shown.has(line.id)));
  }, [chart, curves, key]);

  useEffect(() => {
    if (!chart) return;
    let appended = 0;
    let timer: ReturnType<typeof setTimeout> | null = null;
    const tell = () => {
      timer ??= setTimeout(() => {
        timer = null;
        setVersion((n) => n + 1);
      }, HEADER_MS);
    };
    const drawAll = () => {
      appended = 0;
      draw();
      setVersion((n) => n + 1);
    };
    const heard = (event: CurveEvent) => {
      if (event.type === "failed") return setError(event.error);
      setError(null);
      if (event.type === "changed") return drawAll();
      const line = curves.line(key, event.run);
      appended += event.growth.x.length;
      const first = line !== null && line.logged === event.growth.x.length;
      if (first || appended > APPENDED_AT_MOST) return drawAll();
      chart.append(event.run, event.growth.x, event.growth.y);
      tell();
    };
    const leave = curves.want(key, heard);
    if (!curves.loading(key)) drawAll();
    return () => {
      leave();
      if (timer) clearTimeout(timer);
    };
  }, [chart, curves, key, draw]);

  useEffect(() => {
    if (whole === curves) return;
    return whole.want(key, () => setVersion((n) => n + 1)); // for the header alone
  }, [whole, curves, key]);

  const look = looks(runs);
  const drawnLook = useRef(look);
  useEffect(() => {
    if (drawnLook.current === look) return;
    drawnLook.current = look;
    draw();
  }, [look, draw]);

  useEffect(() => {
    // Which of them are shown decides only whether there is anything to see.
    if (curves.loading(key)) return;
    setEmpty(!runs.some((run) => shown.has(run.id) && curves.line(key, run.id)?.n));
  }, [curves, key, runs, shown]);

  const retry = useCallback(() => {
    setError(null);
    curves.retry(key);
  }, [curves, key]);
  return { panel, version, empty, error, retry };
}
