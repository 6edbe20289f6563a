/**
 * From columns to vertices: a line that keeps every spike and never invents a point.
 *
 * Where several points fall into one column of pixels the line passes through the first, the
 * lowest, the highest and the last of them (M4), which is all that can be seen. A bucket that
 * carries its own low and high is also led through them, where they stand out.
 * A value that the scale cannot hold lifts the pen, unless the gap lies within one column.
 */

import type { Scale } from "./scales";
import type { Column } from "./types";

/** Vertices in pixels; a pair of NaN lifts the pen. Reused from line to line. */
export class Path {
  xy = new Float32Array(4096);
  length = 0;

  clear(): void {
    this.length = 0;
  }

  to(x: number, y: number): void {
    if (this.length + 2 > this.xy.length) {
      const bigger = new Float32Array(this.xy.length * 2);
      bigger.set(this.xy);
      this.xy = bigger;
    }
    this.xy[this.length] = x;
    this.xy[this.length + 1] = y;
    this.length += 2;
  }

  lift(): void {
    if (this.length > 0 && !Number.isNaN(this.xy[this.length - 1] as number)) {
      this.to(Number.NaN, Number.NaN);
    }
  }
}

export interface Source {
  readonly x: Float64Array;
  readonly y: Column;
  readonly low?: Column | undefined;
  readonly high?: Column | undefined;
  readonly from: number;
  readonly to: number;
}

/** The extremes of one column of pixels; `order` tells what was met first. */
class PixelColumn {
  private order = 0;
  private readonly first = { x: 0, y: 0, order: 0 };
  private readonly last = { x: 0, y: 0, order: 0 };
  private readonly least = { x: 0, y: 0, order: 0 };
  private readonly most = { x: 0, y: 0, order: 0 };

  get isEmpty(): boolean {
    return this.order === 0;
  }

  add(x: number, y: number): void {
    this.order += 1;
    if (this.order === 1) {
      for (const corner of [this.first, this.last, this.least, this.most]) this.set(corner, x, y);
      return;
    }
    this.set(this.last, x, y);
    if (y < this.least.y) this.set(this.least, x, y);
    if (y > this.most.y) this.set(this.most, x, y);
  }

  flush(path: Path): void {
    if (this.order === 0) return;
    const { first, last, least, most } = this;
    path.to(first.x, first.y);
    const [early, late] = least.order < most.order ? [least, most] : [most, least];
    if (early.order > 1 && early.order < last.order) path.to(early.x, early.y);
    if (late.order > 1 && late.order < last.order) path.to(late.x, late.y);
    if (last.order > 1) path.to(last.x, last.y);
    this.order = 0;
  }

  private set(corner: { x: number; y: number; order: number }, x: number, y: number): void {
    corner.x = x;
    corner.y = y;
    corner.order = this.order;
  }
}

/**
 * Appends the vertices of a line.
 *
 * `column` is the width of a pixel column, 0 to draw every point; an extreme further than
 * `standout` pixels from its bucket's value is passed through.
 */
export function trace(
  source: Source,
  x: Scale,
  y: Scale,
  how: { readonly column: number; readonly standout: number },
  path: Path,
): void {
  const { low, high } = source;
  const { column, standout } = how;
  const extremes = low !== undefined && high !== undefined && standout < Number.POSITIVE_INFINITY;
  const pixels = new PixelColumn();
  let key = Number.NaN;
  let gap = false;
  for (let i = source.from; i < source.to; i += 1) {
    const py = y.map(source.y[i] as number);
    if (!Number.isFinite(py)) {
      gap = true;
      continue;
    }
    const px = x.map(source.x[i] as number);
    const here = column > 0 ? Math.floor(px / column) : i;
    if (here !== key) {
      pixels.flush(path);
      if (gap) path.lift();
      key = here;
    }
    gap = false;
    if (extremes) {
      const bottom = y.map(low[i] as number);
      const top = y.map(high[i] as number);
      if (Math.abs(bottom - py) > standout) pixels.add(px, bottom);
      if (Math.abs(top - py) > standout) pixels.add(px, top);
    }
    pixels.add(px, py);
  }
  pixels.flush(path);
}

/** How far an extreme usually lies from its bucket's value, in pixels: the median of a sample. */
export function usualBand(source: Source, y: Scale): number {
  const { low, high } = source;
  if (!low || !high) return 0;
  const stride = Math.max(1, Math.floor((source.to - source.from) / 256));
  const heights: number[] = [];
  for (let i = source.from; i < source.to; i += stride) {
    const height = Math.abs(y.map(high[i] as number) - y.map(low[i] as number));
    if (Number.isFinite(height)) heights.push(height);
  }
  heights.sort((a, b) => a - b);
  return heights[heights.length >> 1] ?? 0;
}

/** Outlines of the band between low and high, one for each stretch without a gap. */
export function bands(source: Source, x: Scale, y: Scale, column: number): Float32Array[] {
  const { low, high } = source;
  const outlines: Float32Array[] = [];
  if (!low || !high) return outlines;
  let stretch: number[] = []; // x, top, bottom
  let key = Number.NaN;
  const close = (): void => {
    if (stretch.length > 3) outlines.push(outline(stretch));
    stretch = [];
    key = Number.NaN;
  };
  for (let i = source.from; i < source.to; i += 1) {
    const top = y.map(high[i] as number);
    const bottom = y.map(low[i] as number);
    if (!Number.isFinite(top) || !Number.isFinite(bottom)) {
      close();
      continue;
    }
    const px = x.map(source.x[i] as number);
    const here = column > 0 ? Math.floor(px / column) : i;
    const last = stretch.length - 3;
    if (here === key) {
      stretch[last + 1] = Math.min(stretch[last + 1] as number, top);
      stretch[last + 2] = Math.max(stretch[last + 2] as number, bottom);
    } else {
      stretch.push(px, top, bottom);
      key = here;
    }
  }
  close();
  return outlines;
}

function outline(stretch: readonly number[]): Float32Array {
  const columns = stretch.length / 3;
  const corners = new Float32Array(columns * 4);
  for (let i = 0; i < columns; i += 1) {
    const px = stretch[3 * i] as number;
    const back = 4 * columns - 2 * i;
    corners[2 * i] = px;
    corners[2 * i + 1] = stretch[3 * i + 1] as number;
    corners[back - 2] = px;
    corners[back - 1] = stretch[3 * i + 2] as number;
  }
  return corners;
}
