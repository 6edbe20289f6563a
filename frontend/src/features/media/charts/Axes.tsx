/** The frame of a chart drawn in SVG: its axes, marks and labels, and where values lie in it. */
import { formatTick } from "../../../chart";
import { linearTicks } from "../../../chart/ticks";
import type { Size } from "../../../kit/useSize";
import styles from "./Charts.module.css";

export type Span = readonly [low: number, high: number];

export interface Frame {
  left: number;
  top: number;
  width: number;
  height: number;
  x: Span;
  y: Span;
}

const [TOP, RIGHT, BOTTOM] = [22, 14, 38];
const LETTER = 6.2; // pixels, of the marks

export function frameOf({ width, height }: Size, x: Span, y: Span): Frame {
  const ticks = yTicks(y, height);
  const widest = Math.max(...ticks.map((tick) => formatTick(tick, ticks).length));
  const left = Math.max(36, Math.ceil(widest * LETTER) + 16);
  return {
    left,
    top: TOP,
    width: Math.max(1, width - left - RIGHT),
    height: Math.max(1, height - TOP - BOTTOM),
    x,
    y,
  };
}

const yTicks = (y: Span, height: number) => linearTicks(y, Math.max(2, Math.floor(height / 40)));

export const toX = ({ left, width, x }: Frame, value: number) =>
  left + ((value - x[0]) / (x[1] - x[0] || 1)) * width;
export const toY = ({ top, height, y }: Frame, value: number) =>
  top + height - ((value - y[0]) / (y[1] - y[0] || 1)) * height;

/** What values span, with a little air; never a single point. */
export function spanOf(values: Iterable<number>, air = 0.03): Span {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const value of values) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  if (!(low <= high)) return [0, 1];
  if (low === high) return [low - 0.5, high + 0.5];
  const more = (high - low) * air;
  const nearZero = low > 0 && low < high * 0.1;
  return [nearZero ? 0 : low - more, high + more];
}

interface AxesProps {
  frame: Frame;
  xLabel: string;
  yLabel: string;
}

export function Axes({ frame, xLabel, yLabel }: AxesProps) {
  const { left, top, width, height, x, y } = frame;
  const across = linearTicks(x, Math.max(2, Math.floor(width / 60)));
  const up = yTicks(y, height);
  return (
    <g className={styles.axes}>
      {up.map((tick) => {
        const at = Math.round(toY(frame, tick)) + 0.5;
        return (
          <g key={tick}>
            <line x1={left} x2={left + width} y1={at} y2={at} className={styles.gridLine} />
            <text x={left - 8} y={at} textAnchor="end" dominantBaseline="central">
              {formatTick(tick, up)}
            </text>
          </g>
        );
      })}
      <line
        x1={left}
        x2={left + width}
        y1={Math.round(top + height) + 0.5}
        y2={Math.round(top + height) + 0.5}
        className={styles.base}
      />
      {across.map((tick) => (
        <text key={tick} x={toX(frame, tick)} y={top + height + 16} textAnchor="middle">
          {formatTick(tick, across)}
        </text>
      ))}
      <text className={styles.label} x={left + width} y={top + height + 31} textAnchor="end">
        {xLabel}
      </text>
      {yLabel && (
        <text className={styles.label} x={left} y={top - 10} textAnchor="start">
          {yLabel}
        </text>
      )}
    </g>
  );
}
