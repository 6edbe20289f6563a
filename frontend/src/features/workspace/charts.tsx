/**
 * What all panels of a page share: the hub that paints them and the curves they draw.
 *
 * The hub lives as long as the page. Curves are replaced when another x axis, a finer grid or
 * a zoom asks other questions; panels keep their lines until the new ones are there.
 */
import interUrl from "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2?url";
import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from "react";
import { Curves, type Span } from "../../api/curves";
import { live } from "../../api/live";
import type { Run, XAxis } from "../../api/types";
import { ChartHub, type Domain, darkTheme, lightTheme } from "../../chart";
import { layers } from "../../kit/layers";
import { useTheme } from "../../kit/theme";
import { toast } from "../../kit/toast";
import { focus, useFocused } from "./focus";
import type { View } from "./view";

export interface Charts {
  question: CurvesQuestion;
  span: Span | null; // the zoom
  hub: ChartHub;
  curves: Curves; // as drawn: of the zoomed span while there is one
  whole: Curves; // from first to last, which values in headers are about
  runs: readonly Run[]; // those that may be drawn, newest first
  shown: ReadonlySet<string>;
  view: Pick<View, "smooth" | "logY" | "clip">;
}

const Context = createContext<Charts | null>(null);

export function useCharts(): Charts {
  const charts = useContext(Context);
  if (!charts) throw new Error("a panel stands outside of ChartsProvider");
  return charts;
}

const FONTS = [{ family: "Inter Variable", url: interUrl, weight: "100 900" }];

function startWorker(): Worker {
  return new Worker(new URL("../../chart/worker.ts", import.meta.url), { type: "module" });
}

function useHub(onZoom: (domain: Domain | null) => void): ChartHub | null {
  const [hub, setHub] = useState<ChartHub | null>(null);
  useEffect(() => {
    const made = new ChartHub({
      workerFactory: startWorker,
      fonts: FONTS,
      noun: "run",
      layers: layers(),
      onHover: (hover) => focus.rest(hover?.group ?? null),
      onZoom: (domain) => onZoom(domain),
      onError: (error) => toast(`Charts are painted on the page itself: ${error.message}`),
    });
    setHub(made);
    return () => {
      made.destroy();
      focus.rest(null);
    };
  }, [onZoom]);
  return hub;
}

export interface CurvesQuestion {
  project: string;
  x: XAxis;
  buckets: number;
}

interface SpannedQuestion extends CurvesQuestion {
  span?: Span | null;
  wanted?: boolean;
}

function useCurves({ project, x, buckets, span = null, wanted = true }: SpannedQuestion) {
  const [curves, setCurves] = useState<Curves | null>(null);
  useEffect(() => {
    if (!wanted) return setCurves(null);
    const made = new Curves({
      project,
      x,
      buckets,
      span,
      subscribe: (subscription) => live.subscribe(subscription),
    });
    setCurves(made);
    return () => made.close();
  }, [project, x, buckets, span, wanted]);
  return curves;
}

function useRuns(curves: Curves | null, runs: readonly Run[], shown: ReadonlySet<string>): void {
  useEffect(() => {
    const drawn = runs.filter((run) => shown.has(run.id));
    curves?.setRuns(drawn.map(({ id, started_at }) => ({ id, startedAt: started_at })));
  }, [curves, runs, shown]);
}

/** The same charts on curves as fine as the whole page is wide. */
export function FinerCurves({ children }: { children: ReactNode }) {
  const charts = useCharts();
  const buckets = Math.min(4000, Math.ceil((innerWidth * devicePixelRatio) / 200) * 200);
  const finer = useDrawn({ ...charts.question, buckets }, charts);
  const value = useMemo(() => (finer ? { ...charts, ...finer } : null), [charts, finer]);
  return <Context value={value}>{value && children}</Context>;
}

interface Drawn {
  question: CurvesQuestion;
  whole: Curves;
  curves: Curves;
}

/** The curves of all there is, and those of the zoomed span where a zoom asks for them. */
function useDrawn(
  { project, x, buckets }: CurvesQuestion,
  { runs, shown, span }: Pick<Charts, "runs" | "shown" | "span">,
): Drawn | null {
  const whole = useCurves({ project, x, buckets });
  const detail = useCurves({ project, x, buckets, span, wanted: span !== null });
  useRuns(whole, runs, shown);
  useRuns(detail, runs, shown);
  return useMemo(
    () => (whole ? { question: { project, x, buckets }, whole, curves: detail ?? whole } : null),
    [project, x, buckets, whole, detail],
  );
}

const MARGIN = 0.25; // of the zoomed span, fetched on both sides for panning

/** A zoom as a question of its own; none while the curves are as fine as they get. */
function useDetail(x: XAxis): [Span | null, (domain: Domain | null) => void] {
  const [span, setSpan] = useState<{ x: XAxis; span: Span } | null>(null);
  const zoomed = useMemo(() => {
    let timer: ReturnType<typeof setTimeout> | undefined;
    return (domain: Domain | null) => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        if (!domain) return setSpan(null);
        const [from, to] = domain;
        const more = (to - from) * MARGIN;
        setSpan({ x, span: { first: from - more, last: to + more } });
      }, 150);
    };
  }, [x]);
  return [span && span.x === x ? span.span : null, zoomed];
}

interface ChartsProviderProps {
  project: string;
  view: View;
  buckets: number;
  runs: readonly Run[];
  shown: ReadonlySet<string>;
  children: ReactNode;
}

export function ChartsProvider({
  project,
  view,
  buckets,
  runs,
  shown,
  children,
}: ChartsProviderProps) {
  const [span, onZoom] = useDetail(view.x);
  const hub = useHub(onZoom);
  const drawn = useDrawn({ project, x: view.x, buckets }, { runs, shown, span });
  const theme = useTheme();
  const focused = useFocused();
  const { smooth, logY, clip } = view;

  useEffect(() => hub?.setTheme(theme === "dark" ? darkTheme : lightTheme), [hub, theme]);
  useEffect(
    () => hub?.setFocus(focused && shown.has(focused) ? focused : null),
    [hub, focused, shown],
  );
  useEffect(() => {
    hub?.setHidden(new Set(runs.filter((run) => !shown.has(run.id)).map((run) => run.id)));
  }, [hub, runs, shown]);
  const charts = useMemo(
    () =>
      hub && drawn ? { ...drawn, span, hub, runs, shown, view: { smooth, logY, clip } } : null,
    [drawn, span, hub, runs, shown, smooth, logY, clip],
  );
  return <Context value={charts}>{charts && children}</Context>;
}
