/** A line that is held in growing columns of buckets, as the engine draws it. */
import {
  type Column,
  type LineData,
  MARK_NAN,
  MARK_NEGATIVE_INFINITY,
  MARK_POSITIVE_INFINITY,
  type Marks,
} from "./types";

/** Columns of which the first `n` hold something. */
export interface BucketedLine {
  readonly n: number;
  readonly x: Float64Array;
  readonly last: Column;
  readonly low: Column;
  readonly high: Column;
  readonly mean: Column;
  readonly count: Uint32Array;
  /** How many of each bucket's points no axis can hold; null where none has any. */
  readonly nan: ArrayLike<number> | null;
  readonly posinf: ArrayLike<number> | null;
  readonly neginf: ArrayLike<number> | null;
}

export type BucketColumns = Pick<LineData, "x" | "y" | "low" | "high" | "mean" | "count" | "marks">;

function marks(line: BucketedLine): Marks | undefined {
  const kinds = [
    [line.nan, MARK_NAN],
    [line.posinf, MARK_POSITIVE_INFINITY],
    [line.neginf, MARK_NEGATIVE_INFINITY],
  ] as const;
  if (kinds.every(([column]) => column === null)) return undefined;
  const x: number[] = [];
  const kind: number[] = [];
  for (let i = 0; i < line.n; i++) {
    for (const [column, mark] of kinds) {
      if (!column?.[i]) continue;
      x.push(line.x[i] as number);
      kind.push(mark);
    }
  }
  return { x: Float64Array.from(x), kind: Uint8Array.from(kind) };
}

/** Copies, as a line goes on growing in place while the engine still reads. */
export function bucketColumns(line: BucketedLine): BucketColumns {
  const { n } = line;
  return {
    x: line.x.slice(0, n),
    y: line.last.slice(0, n),
    low: line.low.slice(0, n),
    high: line.high.slice(0, n),
    mean: line.mean.slice(0, n),
    count: line.count.slice(0, n),
    marks: marks(line),
  };
}
