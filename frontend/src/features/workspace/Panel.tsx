/** One key of all shown runs: its header, its curve, and what can be done with it. */
import { Expand, FileImage, FileSpreadsheet, MoreHorizontal, Table2 } from "lucide-react";
import { memo, type ReactNode, type RefObject, useRef, useState } from "react";
import { IconButton } from "../../kit/Button";
import { download } from "../../kit/download";
import { exact, number, steady } from "../../kit/format";
import { Menu, MenuItem } from "../../kit/Menu";
import { Swatch } from "../../kit/marks";
import { useNear } from "../../kit/useNear";
import { useCharts } from "./charts";
import { useFocused } from "./focus";
import styles from "./Panel.module.css";
import { PanelTable } from "./PanelTable";
import { readOut, type Said } from "./readout";
import { type ChartState, useChart } from "./useChart";

interface PanelProps {
  name: string;
  onExpand?: () => void;
  controls?: ReactNode; // at the end of the header
}

export const Panel = memo(function Panel({ name, onExpand }: PanelProps) {
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
      {near ? <Drawn name={name} onExpand={onExpand} /> : <Title name={name} />}
    </section>
  );
});

function Title({ name }: { name: string }) {
  const slash = name.indexOf("/");
  return (
    <header className={styles.header}>
      <h3 className={styles.title} title={name}>
        <span>{name.slice(0, slash + 1)}</span>
        {name.slice(slash + 1)}
      </h3>
    </header>
  );
}

/** A panel with its chart; also what the full screen shows. */
export function Drawn({ name, onExpand, controls }: PanelProps) {
  const host = useRef<HTMLDivElement>(null);
  const chart = useChart(host, name);
  const { view } = useCharts();
  const [tabled, table] = useState(false);
  const slash = name.indexOf("/");
  return (
    <>
      <header className={styles.header}>
        <h3 className={styles.title} title={name}>
          <span>{name.slice(0, slash + 1)}</span>
          {name.slice(slash + 1)}
        </h3>
        {view.logY && <span className={styles.badge}>log</span>}
        <ReadOut name={name} version={chart.version} />
        <Actions name={name} chart={chart} onExpand={onExpand} onTable={() => table(true)} />
        {controls}
      </header>
      <Plot host={host} chart={chart} />
      {tabled && chart.panel.current && (
        <PanelTable name={name} panel={chart.panel.current} onClose={() => table(false)} />
      )}
    </>
  );
}

function Plot({ host, chart }: { host: RefObject<HTMLDivElement | null>; chart: ChartState }) {
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
      {!chart.error && chart.empty && (
        <div className={styles.over}>Not logged by the shown runs</div>
      )}
    </div>
  );
}

/** The last value of the one run that is looked at, else the best of all. */
function ReadOut({ name, version }: { name: string; version: number }) {
  const { whole, runs, shown } = useCharts();
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
      <b data-testid={`panel-${what}`} data-value={String(value)} data-run={run.id}>
        {live.current ? steady(value) : number(value)}
      </b>
    </span>
  );
}

interface ActionsProps {
  name: string;
  chart: ChartState;
  onExpand?: (() => void) | undefined;
  onTable: () => void;
}

const ICON = { size: 15, "aria-hidden": true } as const;

function Actions({ name, chart, onExpand, onTable }: ActionsProps) {
  const file = name.replace(/[^\w.-]+/g, "_");
  const png = async () => {
    const blob = await chart.panel.current?.exportPng({ scale: 2 });
    if (blob) download(`${file}.png`, blob);
  };
  const svg = async () => {
    const text = await chart.panel.current?.exportSvg();
    if (text) download(`${file}.svg`, text, "image/svg+xml");
  };
  const csv = () => {
    const text = chart.panel.current?.exportCsv();
    if (text !== undefined) download(`${file}.csv`, text);
  };
  return (
    <span className={styles.actions}>
      {onExpand && (
        <IconButton label={`${name} in full screen`} size="small" onClick={onExpand}>
          <Expand {...ICON} />
        </IconButton>
      )}
      <Menu
        align="end"
        trigger={
          <button type="button" className={styles.more} aria-label={`More for ${name}`}>
            <MoreHorizontal {...ICON} />
          </button>
        }
      >
        <MenuItem icon={<Table2 {...ICON} />} onSelect={onTable}>
          View as table
        </MenuItem>
        <MenuItem icon={<FileImage {...ICON} />} onSelect={png}>
          Export PNG
        </MenuItem>
        <MenuItem icon={<FileImage {...ICON} />} onSelect={svg}>
          Export SVG
        </MenuItem>
        <MenuItem icon={<FileSpreadsheet {...ICON} />} onSelect={csv}>
          Export CSV
        </MenuItem>
      </Menu>
    </span>
  );
}
