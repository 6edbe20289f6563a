/** Histograms: how they change over the steps, or the counts of the step that is shown. */
import { ChartColumn, Grid3x3 } from "lucide-react";
import { type PointerEvent, useEffect, useMemo, useRef, useState } from "react";
import { IconButton } from "../../../kit/Button";
import { count, number } from "../../../kit/format";
import { useTheme } from "../../../kit/theme";
import { type Size, useSize } from "../../../kit/useSize";
import { Tip } from "../Tip";
import { Tools, type ViewerProps } from "../Viewer";
import { type Histogram, histogramOf } from "../values";
import styles from "./Histogram.module.css";
import { columnEdges, type Heat, heatOf } from "./heat";
import { begin, frameOf, paintBars, paintHeat, rowAt, stepsSpan, themeOf } from "./paint";

const COLUMNS = 240;
const ROWS = 72;

type Mode = "heat" | "bars";
const modes = new Map<string, Mode>(); // as chosen: a panel off the screen is not there

export function HistogramView({ entry, value, values, steps, at, onStep, tools }: ViewerProps) {
  const [wanted, setWanted] = useState(modes.get(entry.key) ?? null);
  const want = (mode: Mode) => {
    modes.set(entry.key, mode);
    setWanted(mode);
  };
  const all = useMemo(() => values.map(histogramOf), [values]);
  const heat = useMemo(() => heatOf(steps, all, COLUMNS, ROWS), [steps, all]);
  const one = useMemo(() => histogramOf(value), [value]);
  const isHeat = (wanted ?? (steps.length > 1 ? "heat" : "bars")) === "heat" && heat !== null;
  const step = steps[at] ?? null;
  const words = one ? summary(one) : "no counts";
  return (
    <div className={styles.view}>
      <Tools into={tools}>
        {steps.length > 1 && (
          <>
            <IconButton
              label="Over all steps"
              size="small"
              pressed={isHeat}
              className={styles.mode}
              onClick={() => want("heat")}
            >
              <Grid3x3 size={15} aria-hidden />
            </IconButton>
            <IconButton
              label="One step"
              size="small"
              pressed={!isHeat}
              className={styles.mode}
              onClick={() => want("bars")}
            >
              <ChartColumn size={15} aria-hidden />
            </IconButton>
          </>
        )}
      </Tools>
      <p className="hidden-text">
        {entry.key} at step {count(step ?? 0)}: {words}
      </p>
      {isHeat && heat && (
        <HeatMap heat={heat} step={step} all={all} steps={steps} onStep={onStep} />
      )}
      {!isHeat && one && <Bars histogram={one} />}
      {!isHeat && !one && <p className={styles.none}>No counts at this step</p>}
    </div>
  );
}

function summary({ counts, edges }: Histogram): string {
  const whole = counts.reduce((sum, each) => sum + each, 0);
  return `${number(whole)} values from ${number(edges[0])} to ${number(edges.at(-1))}`;
}

interface Spot {
  x: number;
  y: number;
}

function spotOf(event: PointerEvent<HTMLElement>): Spot {
  const { left, top } = event.currentTarget.getBoundingClientRect();
  return { x: event.clientX - left, y: event.clientY - top };
}

interface HeatMapProps {
  heat: Heat;
  step: number | null;
  all: readonly (Histogram | null)[];
  steps: readonly number[];
  onStep: (at: number) => void;
}

function HeatMap({ heat, step, all, steps, onStep }: HeatMapProps) {
  const host = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSize(host);
  const theme = useTheme();
  const [spot, setSpot] = useState<Spot | null>(null);
  useEffect(() => {
    const context = size && canvas.current && begin(canvas.current, size);
    if (size && context) paintHeat(context, themeOf(theme), frameOf(size), heat, step);
  }, [heat, size, theme, step]);
  const under = spot && size ? cellAt(heat, size, spot) : null;
  const index = under ? steps.indexOf(under.step) : -1;
  const histogram = all[index] ?? null;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the slider below does the same by keys
    // biome-ignore lint/a11y/noStaticElementInteractions: as above
    <div
      ref={host}
      className={styles.host}
      onPointerMove={(event) => setSpot(spotOf(event))}
      onPointerLeave={() => setSpot(null)}
      onClick={() => index >= 0 && onStep(index)}
    >
      <canvas ref={canvas} className={styles.canvas} data-testid="heat" aria-hidden />
      {under && spot && (
        <Tip
          at={spot}
          title={`step ${count(under.step)}`}
          rows={[
            { name: `${number(under.low)} … ${number(under.high)}`, value: percent(under.share) },
            ...(histogram ? [{ name: "all values", value: number(total(histogram)) }] : []),
          ]}
        />
      )}
    </div>
  );
}

const total = ({ counts }: Histogram) => counts.reduce((sum, each) => sum + each, 0);
const percent = (share: number) => `${number(share * 100)} %`;

function cellAt(heat: Heat, size: Size, { x, y }: Spot) {
  const frame = frameOf(size);
  const [first, last] = stepsSpan(heat.steps);
  const edges = columnEdges(
    heat.steps,
    (step) => frame.left + ((step - first) / (last - first || 1)) * frame.width,
  );
  const column = edges.findIndex((edge, at) => x >= edge && x < (edges[at + 1] ?? edge));
  const row = Math.floor(((frame.top + frame.height - y) / frame.height) * heat.rows);
  const shares = heat.shares[column];
  if (!shares || row < 0 || row >= heat.rows) return null;
  return {
    step: heat.steps[column] as number,
    low: rowAt(heat, row),
    high: rowAt(heat, row + 1),
    share: shares[row] as number,
  };
}

function Bars({ histogram }: { histogram: Histogram }) {
  const host = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const size = useSize(host);
  const theme = useTheme();
  const [spot, setSpot] = useState<Spot | null>(null);
  const bin = spot && size ? binAt(histogram, size, spot) : null;
  useEffect(() => {
    const context = size && canvas.current && begin(canvas.current, size);
    if (size && context) paintBars(context, themeOf(theme), frameOf(size), histogram, bin);
  }, [histogram, size, theme, bin]);
  return (
    <div
      ref={host}
      className={styles.host}
      onPointerMove={(event) => setSpot(spotOf(event))}
      onPointerLeave={() => setSpot(null)}
    >
      <canvas ref={canvas} className={styles.canvas} data-testid="bars" aria-hidden />
      {bin !== null && spot && (
        <Tip
          at={spot}
          title={`${number(histogram.edges[bin])} … ${number(histogram.edges[bin + 1])}`}
          rows={[{ name: "count", value: number(histogram.counts[bin]) }]}
        />
      )}
    </div>
  );
}

function binAt({ edges }: Histogram, size: Size, { x }: Spot): number | null {
  const frame = frameOf(size);
  const [low, high] = [edges[0] as number, edges.at(-1) as number];
  const value = low + ((x - frame.left) / frame.width) * (high - low);
  const bin = edges.findIndex((edge, at) => value >= edge && value < (edges[at + 1] ?? edge));
  return bin < 0 ? null : bin;
}
