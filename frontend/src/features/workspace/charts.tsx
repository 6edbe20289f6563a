/**
 * What all panels of a page share: the hub that paints them and the curves they draw.
 *
 * The hub lives as long as the page. Curves are replaced when another x axis, a finer grid or
 * a zoom asks other questions; panels keep their lines until the new ones are there.
 */
import {
  createContext,
  type ReactNode,
  useCallback,
  useContext,
  useEffect,
  useMemo,
  useState,
} from "react";
import { Curves, type Span } from "../../api/curves";
import type { GroupCurves } from "../../api/group-curves";
import { live } from "../../api/live";
import type { Run } from "../../api/types";
import { ChartHub, type Domain, darkTheme, lightTheme } from "../../chart";
import { PAGE_FONTS, startWorker } from "../../chart/browser";
import { layers } from "../../kit/layers";
import { useTheme } from "../../kit/theme";
import { toast } from "../../kit/toast";
import { focus, useFocused } from "./focus";
import type { RunGroup } from "./groups";
import { type Resolved, workspaceSettings } from "./settings";
import { useGroupCurves } from "./useGroupCurves";
import type { ChangeView } from "./useView";
import { axisOf, type View, type X } from "./view";

export interface Charts {
  question: CurvesQuestion;
  span: Span | null; // the zoom
  hub: ChartHub;
  curves: Curves; // as drawn: of the zoomed span while there is one
  whole: Curves; // from first to last, which values in headers are about
  grouped: GroupCurves | null; // instead of these, where runs are grouped
  groups: readonly RunGroup[] | null;
  runs: readonly Run[]; // those that may be drawn, newest first
  shown: ReadonlySet<string>;
  view: View;
  settings: Resolved; // of the whole workspace
  change: ChangeView;
  keys: readonly string[]; // that panels may be made of
}

const Context = createContext<Charts | null>(null);

export function useCharts(): Charts {
  const charts = useContext(Context);
  if (!charts) throw new Error("a panel stands outside of ChartsProvider");
  return charts;
}

function useHub(
  onZoom: (domain: Domain | null) => void,
  onOpen: (panel: string) => void,
): ChartHub | null {
  const [hub, setHub] = useState<ChartHub | null>(null);
  useEffect(() => {
    const made = new ChartHub({
      workerFactory: startWorker,
      fonts: PAGE_FONTS,
      noun: "run",
      layers: layers(),
      onHover: (hover) => focus.rest(hover?.group ?? null),
      onZoom: (domain) => onZoom(domain),
      onFullScreen: ({ host }) => {
        const panel = host.closest<HTMLElement>("[data-key]")?.dataset.key;
        if (panel !== undefined) onOpen(panel);
      },
      onError: (error) => toast(`Charts are painted on the page itself: ${error.message}`),
    });
    setHub(made);
    return () => {
      made.destroy();
      focus.rest(null);
    };
  }, [onZoom, onOpen]);
  return hub;
}

export interface CurvesQuestion {
  project: string;
  x: X;
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
      ...axisOf(x),
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

/** The curves of a panel: the page's, or curves of its own where its x axis is another. */
export function useCurvesOver(x: X): Pick<Charts, "curves" | "whole" | "grouped"> {
  const charts = useCharts();
  const own = useDrawn({ ...charts.question, x }, charts, x !== charts.question.x);
  return own ?? charts;
}

interface Drawn {
  question: CurvesQuestion;
  whole: Curves;
  curves: Curves;
  grouped: GroupCurves | null;
}

/** The curves of all there is, and those of the zoomed span where a zoom asks for them. */
function useDrawn(
  { project, x, buckets }: CurvesQuestion,
  { runs, shown, span, view, groups }: Pick<Charts, "runs" | "shown" | "span" | "view" | "groups">,
  wanted = true,
): Drawn | null {
  const whole = useCurves({ project, x, buckets, wanted });
  const detail = useCurves({ project, x, buckets, span, wanted: wanted && span !== null });
  useRuns(whole, runs, shown);
  useRuns(detail, runs, shown);
  const alike = { project, x, buckets, view, runs, shown, wanted: wanted && groups !== null };
  const wholeGroups = useGroupCurves({ ...alike, span: null });
  const detailGroups = useGroupCurves({ ...alike, span, wanted: alike.wanted && span !== null });
  const grouped = detailGroups ?? wholeGroups;
  return useMemo(
    () =>
      whole ? { question: { project, x, buckets }, whole, curves: detail ?? whole, grouped } : null,
    [project, x, buckets, whole, detail, grouped],
  );
}

const MARGIN = 0.25; // of the zoomed span, fetched on both sides for panning

/** A zoom as a question of its own; none while the curves are as fine as they get. */
function useDetail(x: X): [Span | null, (domain: Domain | null) => void] {
  const [span, setSpan] = useState<{ x: X; span: Span } | null>(null);
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
  change: ChangeView;
  keys: readonly string[];
  groups?: readonly RunGroup[] | null; // null: runs stand for themselves
  children: ReactNode;
}

export function ChartsProvider({
  project,
  view,
  change,
  keys,
  buckets,
  runs,
  shown,
  groups = null,
  children,
}: ChartsProviderProps) {
  const x = view.x;
  const [span, onZoom] = useDetail(x);
  const onOpen = useCallback(
    (panel: string) => change((before) => ({ ...before, panel })),
    [change],
  );
  const hub = useHub(onZoom, onOpen);
  const asked = useDrawn({ project, x, buckets }, { runs, shown, span, view, groups });
  const theme = useTheme();
  const focused = useFocused();
  const settings = useMemo(() => workspaceSettings(view), [view]);

  useEffect(() => hub?.setTheme(theme === "dark" ? darkTheme : lightTheme), [hub, theme]);
  const drawn = useMemo(() => idsDrawn(shown, groups), [shown, groups]);
  useEffect(
    () => hub?.setFocus(focused && drawn.has(focused) ? focused : null),
    [hub, focused, drawn],
  );
  useEffect(() => {
    hub?.setHidden(new Set((groups ?? runs).map(({ id }) => id).filter((id) => !drawn.has(id))));
  }, [hub, runs, groups, drawn]);
  const charts = useMemo(
    () =>
      hub && asked
        ? { ...asked, span, hub, groups, runs, shown, view, settings, change, keys }
        : null,
    [asked, span, hub, groups, runs, shown, view, settings, change, keys],
  );
  return <Context value={charts}>{charts && children}</Context>;
}

/** What lines are called by, of those that are shown. */
function idsDrawn(
  shown: ReadonlySet<string>,
  groups: readonly RunGroup[] | null,
): ReadonlySet<string> {
  if (!groups) return shown;
  const some = groups.filter(({ runs }) => runs.some(({ id }) => shown.has(id)));
  return new Set(some.map(({ id }) => id));
}
