/** One key of a run: its header, what its values are shown as, and the step of it. */
import { Expand } from "lucide-react";
import { memo, type ReactNode, useRef, useState } from "react";
import type { Json } from "../../api/types";
import { IconButton } from "../../kit/Button";
import { classes } from "../../kit/classes";
import { count } from "../../kit/format";
import { StepSlider } from "../../kit/StepSlider";
import { ErrorState, Skeleton } from "../../kit/states";
import { useNear } from "../../kit/useNear";
import { isDrawn } from "./charts/drawing";
import { useMedia, useStep } from "./context";
import styles from "./Media.module.css";
import type { PanelEntry } from "./panels";
import { type Series, useSeries } from "./useSeries";
import { Viewer } from "./Viewer";
import { isCloud, itemsOf, partsOf } from "./values";

/** What is seen stays, with all that was done to it; but hundreds of canvases are many pixels. */
const GOES: ReadonlySet<PanelEntry["kind"]> = new Set(["histogram", "model"]);

/** How much room a panel takes is known before its values are: nothing moves when they come. */
function roomOf({ kind, chart, values }: PanelEntry): string | undefined {
  if (kind === "table" || (chart && !isDrawn(chart))) return styles.wide;
  const few = kind === "json" || kind === "audio" || (kind === "model" && !isCloud(values.last));
  return few && partsOf(values.last).length === 1 && itemsOf(values.last).length < 2
    ? styles.low
    : undefined;
}

export const MediaPanel = memo(function MediaPanel({ entry }: { entry: PanelEntry }) {
  const ref = useRef<HTMLElement>(null);
  const near = useNear(ref);
  const seen = useRef(false);
  seen.current ||= near;
  const there = near || (seen.current && !GOES.has(entry.kind));
  return (
    <section
      ref={ref}
      className={classes(styles.panel, roomOf(entry))}
      aria-label={entry.key}
      data-testid="media-panel"
      data-key={entry.key}
      data-kind={entry.kind}
    >
      {there ? <Shown entry={entry} /> : <Title name={entry.key} />}
    </section>
  );
});

function Title({ name, children }: { name: string; children?: ReactNode }) {
  const slash = name.indexOf("/");
  return (
    <header className={styles.header}>
      <h3 className={styles.title} title={name}>
        <span>{name.slice(0, slash + 1)}</span>
        {name.slice(slash + 1)}
      </h3>
      {children}
    </header>
  );
}

interface ShownProps {
  entry: PanelEntry;
  full?: boolean;
  controls?: ReactNode; // at the end of the header
}

/** A panel with its values; also what the full screen shows. */
export function Shown({ entry, full = false, controls }: ShownProps) {
  const { expand } = useMedia();
  const series = useSeries(entry.values);
  const steps = series.data?.step ?? [entry.values.last_step ?? 0];
  const [at, setAt] = useStep(steps);
  const [part, setPart] = useState(0);
  const [tools, setTools] = useState<HTMLElement | null>(null);
  const value = series.data?.value[at] ?? null;
  const parts = partsOf(value);
  const shown = parts[Math.min(part, parts.length - 1)] ?? null;
  return (
    <>
      <Title name={entry.key}>
        <span className={styles.tools} ref={setTools} />
        {parts.length > 1 && <Parts many={parts.length} at={part} onChange={setPart} />}
        {!full && (
          <IconButton
            label={`${entry.key} in full screen`}
            size="small"
            className={styles.expand}
            onClick={() => expand(entry.key)}
          >
            <Expand size={15} aria-hidden />
          </IconButton>
        )}
        {controls}
      </Title>
      <div className={styles.body}>
        <Body series={series}>
          <Viewer
            entry={entry}
            value={shown as Json}
            steps={steps}
            values={series.data?.value ?? []}
            at={at}
            onStep={setAt}
            full={full}
            tools={tools}
          />
        </Body>
      </div>
      <footer className={styles.footer}>
        <StepSlider
          label={`Step of ${entry.key}`}
          steps={steps}
          at={at}
          many={series.data ? 0 : entry.values.logged}
          onChange={setAt}
        />
        {series.data?.cut && (
          <span className={styles.cut} title="The rest can be read through the API.">
            the first {count(steps.length)}
          </span>
        )}
      </footer>
    </>
  );
}

function Body({ series, children }: { series: Series; children: ReactNode }) {
  if (series.error) return <ErrorState error={series.error} retry={series.retry} />;
  if (!series.data) {
    return (
      <div className={styles.waiting}>
        <Skeleton height="100%" />
      </div>
    );
  }
  if (series.data.value.length === 0) return <p className={styles.note}>Nothing is shown here.</p>;
  return children;
}

interface PartsProps {
  many: number;
  at: number;
  onChange: (at: number) => void;
}

/** Which of the several that were logged as a list. */
function Parts({ many, at, onChange }: PartsProps) {
  return (
    <label className={styles.parts}>
      <select
        value={Math.min(at, many - 1)}
        onChange={(event) => onChange(Number(event.target.value))}
      >
        {Array.from({ length: many }, (_, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the parts have no other name
          <option key={index} value={index}>
            {index + 1} of {many}
          </option>
        ))}
      </select>
      <span className="hidden-text">Which of the list</span>
    </label>
  );
}
