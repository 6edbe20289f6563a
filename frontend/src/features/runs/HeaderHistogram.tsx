/** How the values of a column are spread, under its header; what is brushed becomes a condition. */
import { useQuery } from "@tanstack/react-query";
import { type PointerEvent, useRef, useState } from "react";
import { type Asked, type Histogram, histogramQuery } from "../../api/runs-table";
import { count, number } from "../../kit/format";
import styles from "./HeaderHistogram.module.css";

interface HeaderHistogramProps {
  place: { owner: string; project: string };
  asked: Asked; // which runs
  id: string;
  label: string;
  onBrush: (low: number, high: number) => void;
  onValue: (value: string) => void;
}

const HEIGHT = 24;
const SMALLEST = 1.5; // a single run among a hundred thousand is seen

interface Brush {
  from: number;
  to: number;
}

export function HeaderHistogram(props: HeaderHistogramProps) {
  const { place, asked, id, label, onBrush, onValue } = props;
  const { data: of } = useQuery(histogramQuery(place, asked, id));
  if (!of || of.runs === 0) return null;
  if (of.values.length > 0) return <Commonest label={label} of={of} onValue={onValue} />;
  return <Bars label={label} of={of} onBrush={onBrush} />;
}

/** The path of the bars, in a box of as many units as there are bars. */
export function barsOf(counts: readonly number[]): string {
  const most = Math.max(1, ...counts);
  return counts
    .map((runs, at) => {
      if (runs === 0) return "";
      const height = Math.max(SMALLEST, (runs / most) * HEIGHT);
      return `M${at + 0.08} ${HEIGHT}v${-height}h.84v${height}z`;
    })
    .join("");
}

type BarsProps = Pick<HeaderHistogramProps, "label" | "onBrush"> & { of: Histogram };

function Bars({ label, of: { counts, edges, runs }, onBrush }: BarsProps) {
  const box = useRef<SVGSVGElement>(null);
  const [brush, setBrush] = useState<Brush | null>(null);
  const bins = counts.length;
  const [low = 0, high = low] = [edges[0], edges.at(-1)];
  const binAt = (event: PointerEvent) => {
    const { left = 0, width = 1 } = box.current?.getBoundingClientRect() ?? {};
    return Math.max(0, Math.min(bins - 1, Math.floor(((event.clientX - left) / width) * bins)));
  };
  const end = () => {
    if (!brush) return;
    setBrush(null);
    const [first, last] = [Math.min(brush.from, brush.to), Math.max(brush.from, brush.to)];
    onBrush(edges[first] ?? low, edges[last + 1] ?? high);
  };
  const chosen = brush && [Math.min(brush.from, brush.to), Math.max(brush.from, brush.to) + 1];
  const range = `${number(low)} to ${number(high)}`;
  return (
    <svg
      ref={box}
      className={styles.bars}
      viewBox={`0 0 ${bins} ${HEIGHT}`}
      preserveAspectRatio="none"
      role="img"
      aria-label={`${label}: ${count(runs)} runs, ${range}`}
      data-testid="histogram"
      onPointerDown={(event) => {
        if (bins < 2 || event.button !== 0) return;
        event.preventDefault();
        event.stopPropagation();
        event.currentTarget.setPointerCapture(event.pointerId);
        const at = binAt(event);
        setBrush({ from: at, to: at });
      }}
      onPointerMove={(event) => brush && setBrush({ ...brush, to: binAt(event) })}
      onPointerUp={end}
      onPointerCancel={() => setBrush(null)}
    >
      <title>{`${range}. Drag to filter.`}</title>
      {chosen && (
        <rect
          className={styles.brush}
          x={chosen[0]}
          y={0}
          width={(chosen[1] ?? 0) - (chosen[0] ?? 0)}
          height={HEIGHT}
        />
      )}
      <path d={barsOf(counts)} />
    </svg>
  );
}

type CommonestProps = Pick<HeaderHistogramProps, "label" | "onValue"> & { of: Histogram };

/** The commonest texts as one bar, each as wide as its share. */
function Commonest({ label, of: { values, runs }, onValue }: CommonestProps) {
  const told = values.map(({ value, runs: n }) => `${value} ${count(n)}`).join(", ");
  return (
    <div className={styles.shares} role="img" aria-label={`${label}: ${told}`}>
      {values.map(({ value, runs: n }) => (
        // biome-ignore lint/a11y/noStaticElementInteractions: the cells' menu says the same by keys
        // biome-ignore lint/a11y/useKeyWithClickEvents: as above
        <span
          key={value}
          className={styles.share}
          title={`${value}: ${count(n)} of ${count(runs)}. Click to filter.`}
          style={{ flexGrow: n }}
          onClick={() => onValue(value)}
        />
      ))}
    </div>
  );
}
