import { describe, expect, it } from "vitest";
import { type CurveFrame, decode } from "./frame";
import { curve } from "./frame-fixture";
import { judge, Line } from "./line";
import type { TailSeries } from "./live-frame";

function tail(start: number, points: [step: number, value: number][]): TailSeries {
  return {
    run: "r",
    key: "loss",
    start,
    n: points.length,
    step: Float64Array.from(points, ([step]) => step),
    time: Float64Array.from(points, ([step]) => 1000 + step / 10),
    value: Float64Array.from(points, ([, value]) => value),
  };
}

function lineOf(values: number[], width = 1): Line {
  const frame = decode(curve("loss", "r", values, width).slice().buffer as ArrayBuffer);
  const [series] = (frame as CurveFrame).series;
  if (!series) throw new Error("the fixture has one series");
  return new Line(series, width);
}

const seen = (column: ArrayLike<number>, n: number) => Array.from(column).slice(0, n);

describe("what a tail means for a line", () => {
  it("is appended when it begins where the line ends", () => {
    expect(judge(5, { start: 5, n: 2 })).toEqual({ verdict: "append", from: 0 });
  });
  it("loses what the line has already", () => {
    expect(judge(5, { start: 3, n: 4 })).toEqual({ verdict: "append", from: 2 });
  });
  it("is nothing new when all of it is known", () => {
    expect(judge(5, { start: 1, n: 4 })).toEqual({ verdict: "known" });
  });
  it("shows a gap when points in between are missing", () => {
    expect(judge(5, { start: 6, n: 1 })).toEqual({ verdict: "gap" });
  });
});

describe("a line that grows", () => {
  it("adds a bucket for each new step, and counts what it has seen", () => {
    const line = lineOf([3, 2]);
    const growth = line.grow(tail(2, [[2, 1], [3, 0.5]]), 0, "step", 0, 100); // biome-ignore format: pairs
    expect(seen(line.last, line.n)).toEqual([3, 2, 1, 0.5]);
    expect([...growth.x]).toEqual([2, 3]);
    expect(line.logged).toBe(4);
    expect(line.lastValue).toBe(0.5);
  });

  it("takes only what is new of a tail that overlaps", () => {
    const line = lineOf([3, 2]);
    const growth = line.grow(tail(1, [[1, 2], [2, 1]]), 1, "step", 0, 100); // biome-ignore format: pairs
    expect([...growth.y]).toEqual([1]);
    expect(seen(line.last, line.n)).toEqual([3, 2, 1]);
  });

  it("folds a point into the bucket of its step, with lowest, highest, mean and count", () => {
    const line = lineOf([4, 2], 8); // buckets 0…7 and 8…15
    line.grow(tail(2, [[9, 6], [10, 1]]), 0, "step", 0, 100); // biome-ignore format: pairs
    expect(line.n).toBe(2);
    expect(line.last[1]).toBe(1);
    expect(line.low[1]).toBe(1);
    expect(line.high[1]).toBe(6);
    expect(line.mean[1]).toBe(3);
    expect(line.count[1]).toBe(3);
    expect(line.lastStep).toBe(10);
  });

  it("puts a step that goes back where it belongs, and keeps the value of the highest step", () => {
    const line = lineOf([]);
    line.grow(tail(0, [[10, 1], [5, 2], [10, 3]]), 0, "step", 0, 100); // biome-ignore format: pairs
    expect(seen(line.step, line.n)).toEqual([5, 10]);
    expect(seen(line.last, line.n)).toEqual([2, 3]);
  });

  it("is not poisoned by NaN: extremes and mean are those of the finite points", () => {
    const line = lineOf([4], 8);
    line.grow(tail(1, [[1, Number.NaN], [2, 2]]), 0, "step", 0, 100); // biome-ignore format: pairs
    expect([line.low[0], line.high[0], line.mean[0], line.count[0]]).toEqual([2, 4, 3, 2]);
    expect(line.nan?.[0]).toBe(1);
    expect(line.extremes()).toEqual({ low: 2, high: 4 });
  });

  it("measures relative time from the run's start", () => {
    const line = lineOf([]);
    const growth = line.grow(tail(0, [[0, 1], [10, 1]]), 0, "relative", 1000, 100); // biome-ignore format: pairs
    expect([...growth.x]).toEqual([0, 1]);
  });

  it("ends as a reload would: joined buckets equal buckets of twice the width", () => {
    const points = Array.from({ length: 64 }, (_, i): [number, number] => [i, Math.sin(i * 1.7)]);
    const narrow = lineOf([]);
    narrow.grow(tail(0, points), 0, "step", 0, 4); // 64 buckets do not fit: joined until 8 are left
    const wide = Line.empty(narrow.width);
    wide.grow(tail(0, points), 0, "step", 0, 1000);
    expect(narrow.width).toBe(8);
    expect(narrow.n).toBe(wide.n);
    for (const name of ["step", "last", "low", "high", "count"] as const) {
      expect(seen(narrow[name], narrow.n)).toEqual(seen(wide[name], wide.n));
    }
    for (let i = 0; i < wide.n; i++) expect(narrow.mean[i]).toBeCloseTo(wide.mean[i] ?? 0, 12);
  });
});
