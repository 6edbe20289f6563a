/** One key of all shown runs: its header, its curve, and what can be done with it. */
import { lazy, memo, type ReactNode, type RefObject, Suspense, useRef, useState } from "react";
import type { Curves } from "../../api/curves";
import { exact, number, steady } from "../../kit/format";
import { Swatch } from "../../kit/marks";
import { useNear } from "../../kit/useNear";
import { useCharts } from "./charts";
import { useDragging } from "./dragging";
import { useFocused } from "./focus";
import { Legend } from "./Legend";
import { panelPut } from "./layout";
import styles from "./Panel.module.css";
import { PanelActions } from "./PanelActions";
import { readOut, type Said } from "./readout";
import { type ChartState, useChart } from "./useChart";
import { usePanel } from "./usePanel";

const PanelTable = lazy(() => import("./PanelTable"));

export interface PanelProps {
  id: string;
  section: string;
  siblings?: readonly string[]; // the panels of its section, as they stand
  onExpand?: ((id: string) => void) | undefined;
  controls?: ReactNode; // at the end of the header
}

type Handle = ReturnType<typeof useDragging>["handle"];

export const Panel = memo(function Panel(props: PanelProps) {
  const ref = useRef<HTMLElement>(null);
  const near = useNear(ref);
  const { content } = usePanel(props.id, props.section);
  const { change } = useCharts();
  const { id, section, siblings = [] } = props;
  const dragging = useDragging("panel", id, (dropped) =>
    change((view) => ({
      ...view,
      layout: panelPut(view.layout, { ids: siblings, section }, dropped, id),
    })),
  );
  return (
    <section
      ref={ref}
      {...dragging.place}
      className={styles.panel}
      aria-label={content.title}
      data-testid="panel"
      data-key={props.id}
    >
      {near ? (
        <Drawn {...props} handle={dragging.handle} />
      ) : (
        <header className={styles.header}>
          <Title text={content.title} />
        </header>
      )}
    </section>
  );
});

function Title({ text }: { text: string }) {
  const slash = /^[^/\s]+\/(?=[^/])/.exec(text)?.[0].length ?? 0;
  return (
    <h3 className={styles.title} title={text}>
      <span>{text.slice(0, slash)}</span>
      {text.slice(slash)}
    </h3>
  );
}

/** A panel with its chart; also what the full screen shows. */
export function Drawn({ handle, ...props }: PanelProps & { handle?: Handle }) {
  const host = useRef<HTMLDivElement>(null);
  const { content, settings } = usePanel(props.id, props.section);
  const chart = useChart(host, content, settings);
  const [tabled, table] = useState(false);
  const key = content.keys.length === 1 && !content.expression ? content.keys[0] : undefined;
  return (
    <>
      <header className={styles.header} {...handle}>
        <Title text={content.title} />
        {settings.yScale !== "linear" && <span className={styles.badge}>{settings.yScale}</span>}
        {key === undefined ? (
          <span className={styles.readout} />
        ) : (
          <ReadOut name={key} version={chart.version} whole={chart.whole} />
        )}
        <PanelActions
          {...props}
          title={content.title}
          chart={chart}
          blank={content.keys.length === 0}
          onTable={() => table(true)}
        />
        {props.controls}
      </header>
      <Plot host={host} chart={chart} blank={content.keys.length === 0} />
      {settings.legend && <Legend content={content} />}
      {tabled && chart.panel.current && (
        <Suspense fallback={null}>
          <PanelTable
            name={content.title}
            panel={chart.panel.current}
            onClose={() => table(false)}
          />
        </Suspense>
      )}
    </>
  );
}

interface PlotProps {
  host: RefObject<HTMLDivElement | null>;
  chart: ChartState;
  blank: boolean; // it was not told what to draw
}

function Plot({ host, chart, blank }: PlotProps) {
  return (
    <div className={styles.plot}>
      <div ref={host} className={styles.host} />
      {chart.error && (
        <div className={styles.over} role="alert">
          {chart.error.message}
          <button type="button" className={styles.retry} onClick={chart.retry}>
            Retry
          </button>
        </div>
      )}
      {blank && <div className={styles.over}>Choose what it draws in its settings</div>}
      {!blank && !chart.error && chart.empty && (
        <div className={styles.over}>Not logged by the shown runs</div>
      )}
    </div>
  );
}

/** The last value of the one run that is looked at, else the best of all. */
function ReadOut({ name, version, whole }: { name: string; version: number; whole: Curves }) {
  const { runs, shown } = useCharts();
  const focused = useFocused();
  const before = useRef<Said | null>(null);
  const found = readOut({ curves: whole, runs, shown, focused, key: name, version });
  // While other curves are on their way the old ones stay, and so does what was said of them.
  const said = found ?? (whole.loading(name) ? before.current : null);
  before.current = said;
  const live = useRef(false); // once it was rewritten live it keeps its width
  live.current ||= runs.some((run) => run.state === "running" && shown.has(run.id));
  if (!said) return <span className={styles.readout} />;
  const { run, value, what } = said;
  return (
    <span className={styles.readout} title={`${run.name}: ${exact(value)}`}>
      <Swatch color={run.color} />
      {what}{" "}
      <b
        data-live={live.current || undefined}
        data-testid={`panel-${what}`}
        data-value={String(value)}
        data-run={run.id}
      >
        {live.current ? steady(value) : number(value)}
      </b>
    </span>
  );
}
