/** Curves of the compared runs, a panel for each chosen metric. */
import { useEffect, useMemo, useRef, useState } from "react";
import type { Comparison } from "../../api/comparison";
import type { CurveEvent } from "../../api/curves";
import type { Run, XAxis } from "../../api/types";
import {
  bucketColumns,
  type ChartHub,
  type ChartPanel,
  darkTheme,
  type LineData,
  lightTheme,
  RINGS,
  runColors,
  runDash,
} from "../../chart";
import { runsHub } from "../../chart/browser";
import { Button } from "../../kit/Button";
import { Chip } from "../../kit/Chip";
import { download } from "../../kit/download";
import { Slider } from "../../kit/Field";
import { layers } from "../../kit/layers";
import { Select } from "../../kit/Select";
import { EmptyState, Skeleton } from "../../kit/states";
import { useTheme } from "../../kit/theme";
import { toast } from "../../kit/toast";
import { useMade } from "../../kit/useMade";
import { useNear } from "../../kit/useNear";
import styles from "./Charts.module.css";
import page from "./Compare.module.css";
import { usualKeys } from "./figures";
import { KeyChoice } from "./KeyChoice";
import { refOf } from "./refs";
import { readChoice, writeChoice } from "./state";
import { type CurvesOf, projectOf, useComparedCurves } from "./useComparedCurves";
import type { Compares } from "./useCompareState";

interface ChartsProps {
  compares: Compares;
  runs: readonly Run[];
  comparison: Comparison | undefined;
  base: string;
  across: boolean; // of more than one project
}

interface Drawing {
  hub: ChartHub;
  curves: CurvesOf;
  runs: readonly Run[];
  base: string;
  across: boolean;
  x: XAxis;
  smoothing: number;
  log: boolean;
}

const USUAL = 4;
const MOST = 60;
const RING = RINGS.light.length; // with each round, lines have another dash
const GROWN_MS = 300; // between two drawings of points that come live
const AXES: readonly { value: XAxis; label: string }[] = [
  { value: "step", label: "Step" },
  { value: "relative", label: "Relative time" },
  { value: "wall", label: "Wall time" },
];
const X_LABEL: Record<XAxis, string> = { step: "step", relative: "time", wall: "" };

/** The curves of what scripts logged. */
export function Charts({ compares, comparison, ...rest }: ChartsProps) {
  const { state, set } = compares;
  const keys = comparison?.keys;
  const usual = useMemo(() => usualKeys(keys ?? [], USUAL), [keys]);
  const held = useRef<string[]>([]); // what a live key would push aside stays
  if (held.current.length === 0) held.current = usual;
  const chosen = useMemo(() => readChoice(state.keys)?.slice(0, MOST), [state.keys]);
  if (!keys) return <Skeleton height={224} lines={2} />;
  return (
    <Curves
      {...rest}
      compares={compares}
      usualX="step"
      keys={keys.map(({ key }) => key)}
      shown={chosen ?? held.current}
      onChoose={(next) => set({ keys: writeChoice(next) })}
    />
  );
}

interface CurvesProps extends Omit<ChartsProps, "comparison"> {
  usualX: XAxis;
  keys: readonly string[]; // that can be chosen
  shown: readonly string[];
  onChoose: (keys: string[]) => void;
}

/** A panel for each key that is shown. */
export function Curves({
  compares,
  runs,
  base,
  across,
  usualX,
  keys,
  shown,
  onChoose,
}: CurvesProps) {
  const { state, set } = compares;
  const theme = useTheme();
  const hub = useMade(() =>
    runsHub({
      layers: layers(),
      onError: (error) => toast(`Charts are painted on the page itself: ${error.message}`),
    }),
  );
  useEffect(() => hub?.setTheme(theme === "dark" ? darkTheme : lightTheme), [hub, theme]);
  const x = AXES.find(({ value }) => value === state.x)?.value ?? usualX;
  const smoothing = Math.min(1, Math.max(0, Number(state.smooth) || 0));
  const log = state.log === "y";
  const curves = useComparedCurves(runs, x);
  return (
    <>
      <div className={page.tools}>
        <KeyChoice keys={keys} chosen={shown} most={MOST} onChange={onChoose} />
        <Select label="X axis" value={x} options={AXES} onChange={(next) => set({ x: next })} />
        <span className={styles.smoothing}>
          <span>Smoothing</span>
          <Slider
            label="Smoothing"
            value={smoothing}
            onChange={(value) => set({ smooth: value ? String(value) : undefined }, true)}
          />
        </span>
        <Chip pressed={log} onClick={() => set({ log: log ? undefined : "y" })}>
          Log Y
        </Chip>
      </div>
      <div className={styles.scroll} data-testid="charts">
        {shown.length === 0 && (
          <EmptyState title={keys.length ? "No metric is chosen" : "No numbers were logged"} />
        )}
        {hub && curves && (
          <div className={styles.grid}>
            {shown.map((name) => (
              <Panel
                key={name}
                name={name}
                drawing={{ hub, curves, runs, base, across, x, smoothing, log }}
              />
            ))}
          </div>
        )}
      </div>
    </>
  );
}

/** How often each run's colour came before in another project, where colours are counted anew. */
function repeatedColors(runs: readonly Run[]): number[] {
  const seen = new Map<number, string[]>();
  return runs.map((run) => {
    const projects = seen.get(run.color) ?? [];
    seen.set(run.color, projects);
    if (!projects.includes(projectOf(run))) projects.push(projectOf(run));
    return projects.indexOf(projectOf(run));
  });
}

function linesOf({ curves, runs, base, across }: Drawing, name: string): LineData[] {
  const repeated = repeatedColors(runs);
  const lines = runs.flatMap((run, at): LineData[] => {
    const line = curves.get(projectOf(run))?.line(name, run.id);
    if (!line?.n) return [];
    const ref = refOf(run);
    return [
      {
        ...bucketColumns(line),
        id: ref,
        name: across ? `${run.name} (${run.project})` : run.name,
        color: runColors(run.color),
        dash: runDash(run.color + RING * (repeated[at] ?? 0)),
        live: run.state === "running",
        baseline: ref === base,
      },
    ];
  });
  return lines.reverse(); // the first on top
}

function Panel({ name, drawing }: { name: string; drawing: Drawing }) {
  const ref = useRef<HTMLElement>(null);
  const near = useNear(ref);
  return (
    <section
      ref={ref}
      className={styles.panel}
      aria-label={name}
      data-testid="panel"
      data-key={name}
    >
      {near ? <Drawn name={name} drawing={drawing} /> : <h2 className={styles.title}>{name}</h2>}
    </section>
  );
}

function Drawn({ name, drawing }: { name: string; drawing: Drawing }) {
  const host = useRef<HTMLDivElement>(null);
  const [panel, setPanel] = useState<ChartPanel | null>(null);
  const [error, fail] = useState<Error | null>(null);
  const [empty, setEmpty] = useState(false);
  const { hub, curves, runs, base, x, smoothing, log } = drawing;
  useEffect(() => {
    if (!host.current) return;
    const made = hub.createPanel(host.current, { title: name });
    setPanel(made);
    return () => {
      made.destroy();
      setPanel(null);
    };
  }, [hub, name]);
  useEffect(() => {
    panel?.setOptions({ xKind: x, xLabel: X_LABEL[x], smoothing, yScale: log ? "log" : "linear" });
  }, [panel, x, smoothing, log]);

  const latest = useRef(drawing);
  latest.current = drawing;
  const looks = runs.map((run) => `${refOf(run)} ${run.name} ${run.color} ${run.state}`).join("\n");
  // biome-ignore lint/correctness/useExhaustiveDependencies: drawn anew when runs look another way
  useEffect(() => {
    if (!panel) return;
    const sources = [...curves.values()];
    let timer: ReturnType<typeof setTimeout> | null = null;
    const draw = () => {
      timer = null;
      const lines = linesOf(latest.current, name);
      panel.setLines(lines);
      setEmpty(lines.length === 0 && !sources.some((source) => source.loading(name)));
    };
    const heard = (event: CurveEvent) => {
      if (event.type === "failed") return fail(event.error);
      fail(null);
      if (event.type === "changed") return draw();
      timer ??= setTimeout(draw, GROWN_MS);
    };
    const leave = sources.map((source) => source.want(name, heard));
    draw();
    return () => {
      for (const one of leave) one();
      if (timer) clearTimeout(timer);
    };
  }, [panel, curves, name, looks, base]);

  const retry = () => {
    fail(null);
    for (const source of curves.values()) source.retry(name);
  };
  return (
    <>
      <header className={styles.header}>
        <h2 className={styles.title} title={name}>
          {name}
        </h2>
        <Button
          size="small"
          variant="ghost"
          aria-label={`CSV of ${name}`}
          onClick={() => panel && download(`${name.replaceAll("/", "_")}.csv`, panel.exportCsv())}
        >
          CSV
        </Button>
      </header>
      <div className={styles.plot}>
        <div ref={host} className={styles.host} />
        {error && (
          <div className={styles.over} role="alert">
            {error.message}
            <Button size="small" onClick={retry}>
              Retry
            </Button>
          </div>
        )}
        {!error && empty && <div className={styles.over}>Not logged by these runs</div>}
      </div>
    </>
  );
}
