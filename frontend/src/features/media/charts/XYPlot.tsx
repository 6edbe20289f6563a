/** Lines or points over two axes, with a legend that switches them on and off. */
import { type PointerEvent, useMemo, useRef, useState } from "react";
import { classes } from "../../../kit/classes";
import { number, plural } from "../../../kit/format";
import { runColor } from "../../../kit/marks";
import { type Size, useSize } from "../../../kit/useSize";
import { Tip, type TipRow } from "../Tip";
import { Axes, type Frame, frameOf, spanOf, toX, toY } from "./Axes";
import styles from "./Charts.module.css";
import type { Line, Point, XY } from "./drawing";

export function XYPlot({ drawing, name }: { drawing: XY; name: string }) {
  const { lines, unit } = drawing;
  const host = useRef<HTMLDivElement>(null);
  const size = useSize(host);
  const [off, setOff] = useState<ReadonlySet<string>>(new Set());
  const frame = useMemo(() => size && frameIn(size, lines, unit), [size, lines, unit]);
  const shown = lines
    .map((line, index) => ({ ...line, color: runColor(index) }))
    .filter((line) => !off.has(line.name));
  const toggle = (line: string) => {
    const next = new Set(off);
    if (!next.delete(line)) next.add(line);
    setOff(next);
  };
  return (
    <>
      <div ref={host} className={styles.host} data-testid="plot" data-mark={drawing.mark}>
        {frame && size && (
          <Drawn drawing={drawing} name={name} frame={frame} size={size} lines={shown} />
        )}
      </div>
      {lines.length > 1 && (
        <div className={styles.legend}>
          {lines.map((line, index) => (
            <button
              key={line.name}
              type="button"
              className={styles.entry}
              aria-pressed={!off.has(line.name)}
              style={{ "--mark": runColor(index) } as React.CSSProperties}
              onClick={() => toggle(line.name)}
            >
              <span className={styles.swatch} aria-hidden />
              {line.name}
            </button>
          ))}
        </div>
      )}
    </>
  );
}

function frameIn(size: Size, lines: readonly Line[], unit: boolean): Frame {
  if (unit) return frameOf(size, [0, 1], [0, 1.02]);
  const along = (axis: 0 | 1) => lines.flatMap((line) => line.points.map((point) => point[axis]));
  return frameOf(size, spanOf(along(0), 0.02), spanOf(along(1), 0.06));
}

interface DrawnProps {
  drawing: XY;
  name: string;
  frame: Frame;
  size: Size;
  lines: readonly (Line & { color: string })[];
}

interface Near {
  at: { x: number; y: number };
  title: string;
  rows: (TipRow & { point: Point })[];
}

function Drawn({ drawing, name, frame, size, lines }: DrawnProps) {
  const { mark, x, y, diagonal } = drawing;
  const [near, setNear] = useState<Near | null>(null);
  const points = lines.reduce((sum, line) => sum + line.points.length, 0);
  const look = (event: PointerEvent<SVGSVGElement>) => {
    const { left, top } = event.currentTarget.getBoundingClientRect();
    const at = { x: event.clientX - left, y: event.clientY - top };
    setNear(mark === "line" ? nearLines(lines, frame, at, x) : nearPoint(lines, frame, at, x, y));
  };
  return (
    <>
      <svg
        width={size.width}
        height={size.height}
        role="img"
        aria-label={`${name}: ${y || "values"} over ${x}, ${plural(lines.length, "series", "series")}, ${plural(points, "point")}`}
        onPointerMove={look}
        onPointerLeave={() => setNear(null)}
      >
        <Axes frame={frame} xLabel={x} yLabel={y} />
        {diagonal && (
          <line
            className={styles.chance}
            x1={toX(frame, 0)}
            y1={toY(frame, 0)}
            x2={toX(frame, 1)}
            y2={toY(frame, 1)}
          />
        )}
        {lines.map((line) => (
          <path
            key={line.name}
            className={classes(mark === "line" ? styles.line : styles.points)}
            style={{ "--mark": line.color } as React.CSSProperties}
            d={pathOf(line, frame, mark)}
          />
        ))}
        {near?.rows.map((row) => (
          <circle
            key={row.name}
            className={styles.dot}
            style={{ "--mark": row.color } as React.CSSProperties}
            cx={toX(frame, row.point[0])}
            cy={toY(frame, row.point[1])}
            r={4}
          />
        ))}
      </svg>
      {near && <Tip at={near.at} title={near.title} rows={near.rows} />}
    </>
  );
}

/** A whole series is one path: ten thousand points are one element. */
function pathOf({ points }: Line, frame: Frame, mark: XY["mark"]): string {
  const at = ([x, y]: Point) => `${toX(frame, x).toFixed(1)} ${toY(frame, y).toFixed(1)}`;
  if (mark === "points") return points.map((point) => `M${at(point)}h0`).join("");
  const path = points.map((point, index) => `${index ? "L" : "M"}${at(point)}`).join("");
  return points.length === 1 ? `${path}h0` : path;
}

type Spot = { x: number; y: number };
type Coloured = Line & { color: string };

const MOST_ROWS = 8;

/** Of every line the point that is nearest along x. */
function nearLines(lines: readonly Coloured[], frame: Frame, at: Spot, name: string): Near | null {
  const value = frame.x[0] + ((at.x - frame.left) / frame.width) * (frame.x[1] - frame.x[0]);
  const rows = lines.flatMap((line) => {
    const point = nearestIn(line.points, value);
    return point
      ? [{ name: line.name || "value", value: number(point[1]), color: line.color, point }]
      : [];
  });
  const [first] = rows;
  if (!first) return null;
  const title = `${name} ${number(first.point[0])}`;
  const nearest = [...rows].sort(
    (a, b) => Math.abs(toY(frame, a.point[1]) - at.y) - Math.abs(toY(frame, b.point[1]) - at.y),
  );
  return { at, title, rows: nearest.slice(0, MOST_ROWS) };
}

function nearestIn(points: readonly Point[], x: number): Point | undefined {
  let [low, high] = [0, points.length - 1];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((points[middle] as Point)[0] <= x) low = middle;
    else high = middle;
  }
  const [left, right] = [points[low], points[high]];
  if (!left || !right) return left ?? right;
  return Math.abs(left[0] - x) <= Math.abs(right[0] - x) ? left : right;
}

const REACH = 24; // pixels

function nearPoint(
  lines: readonly Coloured[],
  frame: Frame,
  at: Spot,
  xName: string,
  yName: string,
): Near | null {
  let best: { line: Coloured; point: Point } | null = null;
  let least = REACH * REACH;
  for (const line of lines) {
    for (const point of line.points) {
      const distance = (toX(frame, point[0]) - at.x) ** 2 + (toY(frame, point[1]) - at.y) ** 2;
      if (distance < least) {
        least = distance;
        best = { line, point };
      }
    }
  }
  if (!best) return null;
  const { line, point } = best;
  return {
    at,
    title: line.name || `${xName} ${number(point[0])}`,
    rows: [{ name: yName, value: number(point[1]), color: line.color, point }],
  };
}
