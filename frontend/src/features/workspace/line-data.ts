/** A line of the API as the engine draws it. */
import type { Line } from "../../api/line";
import {
  type LineData,
  MARK_NAN,
  MARK_NEGATIVE_INFINITY,
  MARK_POSITIVE_INFINITY,
  type Marks,
} from "../../chart";

type Columns = Pick<LineData, "x" | "y" | "low" | "high" | "mean" | "count" | "marks">;

function marks(line: Line): Marks | undefined {
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
export function lineData(line: Line): Columns {
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
