import { expect, test } from "vitest";
import { linearScale, logScale } from "./scales";
import { bands, Path, type Source, trace, usualBand } from "./trace";

const NaN_ = Number.NaN;

function source(y: readonly number[], more: Partial<Source> = {}): Source {
  return {
    x: Float64Array.from(y, (_, i) => i),
    y: Float64Array.from(y),
    from: 0,
    to: y.length,
    ...more,
  };
}

/** Vertices in units of the data, with null where the pen is lifted. */
function drawn(one: Source, width: number, column: number, standout = 0): (number[] | null)[] {
  const x = linearScale([0, Math.max(1, one.to - 1)], [0, width]);
  const y = linearScale([0, 1], [0, 1]);
  const path = new Path();
  trace(one, x, y, { column, standout }, path);
  const points: (number[] | null)[] = [];
  for (let i = 0; i < path.length; i += 2) {
    const px = path.xy[i] as number;
    points.push(Number.isNaN(px) ? null : [Math.round(x.invert(px)), path.xy[i + 1] as number]);
  }
  return points;
}

const wave = (n: number): number[] =>
  Array.from({ length: n }, (_, i) => Math.fround(Math.sin(i / 50) + ((i * 7919) % 13) / 100));

test("a spike of a single point in a hundred thousand is kept", () => {
  const y = wave(100_000);
  y[70_003] = 99;
  const points = drawn(source(y), 300, 1);
  expect(points).toContainEqual([70_003, 99]);
  expect(points.length).toBeLessThanOrEqual(4 * 301);
});

test("what is drawn was logged: no vertex is invented", () => {
  const y = wave(20_000);
  for (const point of drawn(source(y), 300, 1)) {
    expect(point).not.toBeNull();
    const [x, value] = point as [number, number];
    expect(value).toBe(y[x]);
  }
});

test("both ends and the extremes of every pixel column survive", () => {
  const y = wave(5000);
  const kept = drawn(source(y), 100, 1) as [number, number][];
  expect(kept[0]).toEqual([0, y[0]]);
  expect(kept.at(-1)).toEqual([4999, y[4999]]);
  const columnOf = (i: number): number => Math.floor((i * 100) / 4999);
  for (let column = 0; column <= 100; column += 1) {
    const there = y.filter((_, i) => columnOf(i) === column);
    const seen = kept.filter(([x]) => columnOf(x) === column).map(([, value]) => value);
    expect(Math.max(...seen)).toBe(Math.max(...there));
    expect(Math.min(...seen)).toBe(Math.min(...there));
  }
});

test("vertices never go back in x", () => {
  const xs = (drawn(source(wave(5000)), 100, 1) as number[][]).map(([x]) => x as number);
  expect(xs).toEqual([...xs].sort((a, b) => a - b));
});

test("few points are all drawn", () => {
  expect(drawn(source([1, 2, 3]), 100, 0)).toEqual([
    [0, 1],
    [1, 2],
    [2, 3],
  ]);
});

test("a NaN lifts the pen", () => {
  expect(drawn(source([1, NaN_, 3]), 100, 0)).toEqual([[0, 1], null, [2, 3]]);
});

test("NaN at the ends lifts nothing", () => {
  expect(drawn(source([NaN_, 1, 2, NaN_]), 100, 0)).toEqual([
    [1, 1],
    [2, 2],
  ]);
});

test("a gap that is wider than a pixel survives decimation", () => {
  const y = wave(1000).map((value, i) => (i >= 400 && i < 500 ? NaN_ : value));
  expect(drawn(source(y), 100, 1).filter((point) => point === null)).toHaveLength(1);
});

test("an extreme that stands out from its bucket is passed through, the usual band is not", () => {
  const y = [5, 5, 5];
  const low = Float64Array.from([4.9, 4.9, 4.9]);
  const high = Float64Array.from([5.1, 9, 5.1]);
  const points = drawn(source(y, { low, high }), 100, 0, 1);
  expect(points).toEqual([
    [0, 5],
    [1, 9],
    [1, 5],
    [2, 5],
  ]);
});

test("a spike hidden in a bucket survives the decimation of buckets", () => {
  const y = wave(2000);
  const high = Float64Array.from(y);
  high[1234] = 50;
  const points = drawn(source(y, { low: Float64Array.from(y), high }), 100, 1, 3);
  expect(points).toContainEqual([1234, 50]);
});

test("zero has no place on a log axis and lifts the pen there", () => {
  const path = new Path();
  const one = source([1, 0, 10]);
  trace(
    one,
    linearScale([0, 2], [0, 2]),
    logScale([1, 10], [1, 0]),
    { column: 0, standout: 0 },
    path,
  );
  expect([...path.xy.subarray(0, path.length)]).toEqual([0, 1, NaN_, NaN_, 2, 0]);
});

test("a path grows with what is drawn on it", () => {
  const y = wave(9000);
  expect(drawn(source(y), 9000, 0)).toHaveLength(9000);
});

test("the usual band is the median height of the buckets", () => {
  const one = source([1, 1, 1], {
    low: Float64Array.from([0, 0, 0]),
    high: Float64Array.from([1, 2, 100]),
  });
  expect(usualBand(one, linearScale([0, 1], [0, 1]))).toBe(2);
});

test("a band is one outline for each stretch, and keeps the extremes of a pixel column", () => {
  const high = Float64Array.from([2, 9, 2, NaN_, 2, 2]);
  const low = Float64Array.from([1, 1, 0, NaN_, 1, 1]);
  const one = source([1, 1, 1, NaN_, 1, 1], { low, high });
  const y = linearScale([0, 10], [10, 0]);
  const whole = bands(one, linearScale([0, 5], [0, 50]), y, 0);
  expect(whole.map((outline) => outline.length)).toEqual([12, 8]);
  const [merged] = bands(
    source([1, 1, 1], { low, high, to: 3 }),
    linearScale([0, 4], [0, 2]),
    y,
    1,
  );
  const heights = [...(merged ?? [])].filter((_, i) => i % 2 === 1);
  expect([Math.min(...heights), Math.max(...heights)]).toEqual([1, 10]);
});
