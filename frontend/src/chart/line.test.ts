import { expect, test } from "vitest";
import { Line } from "./line";
import { defaultOptions } from "./options";
import { readAll } from "./readout";
import { lightTheme } from "./theme";
import type { LineData } from "./types";

function data(x: readonly number[], y: readonly number[], more: Partial<LineData> = {}): LineData {
  return {
    id: "a",
    name: "a",
    color: "#2f6fed",
    x: Float64Array.from(x),
    y: Float64Array.from(y),
    ...more,
  };
}

const columns = (line: Line): number[][] => [
  [...line.x.subarray(0, line.length)],
  [...line.y.subarray(0, line.length)],
];

test("points are kept in order of x, equal x in the order given", () => {
  const line = new Line(data([3, 1, 2, 1], [30, 10, 20, 11]));
  expect(columns(line)).toEqual([
    [1, 1, 2, 3],
    [10, 11, 20, 30],
  ]);
});

test("every column moves with its x", () => {
  const line = new Line(
    data([2, 1], [20, 10], {
      low: Float32Array.of(19, 9),
      high: Float32Array.of(21, 11),
      mean: Float32Array.of(20, 10),
      count: Uint32Array.of(2, 1),
    }),
  );
  expect([line.low?.[0], line.high?.[0], line.mean?.[0], line.count?.[0]]).toEqual([9, 11, 10, 1]);
});

test("a point without an x is left out", () => {
  expect(columns(new Line(data([1, Number.NaN, 3], [1, 2, 3])))).toEqual([
    [1, 3],
    [1, 3],
  ]);
});

test("appending a thousand times keeps every point and never writes to the arrays given", () => {
  const given = data([0, 1], [5, 6]);
  const line = new Line(given);
  for (let i = 2; i < 1000; i += 1) line.append([i], [i * 2]);
  expect(line.length).toBe(1000);
  expect([line.x[999], line.y[999]]).toEqual([999, 1998]);
  expect([...given.x, ...given.y]).toEqual([0, 1, 5, 6]);
});

test("a step that goes back finds its place", () => {
  const line = new Line(data([1, 5], [1, 5]));
  line.append([3, 9], [3, 9]);
  expect(columns(line)).toEqual([
    [1, 3, 5, 9],
    [1, 3, 5, 9],
  ]);
});

test("smoothed values follow what is appended", () => {
  const line = new Line(data([0, 1, 2], [1, 1, 1]));
  expect(line.drawn({ ...defaultOptions, smoothing: 0.9 })).toHaveLength(3);
  line.append([3], [1]);
  expect([...line.drawn({ ...defaultOptions, smoothing: 0.9 })]).toEqual([1, 1, 1, 1]);
});

test.each([
  [-5, 0],
  [0, 0],
  [4, 0],
  [6, 1],
  [10, 1],
  [16, 3],
  [99, 3],
])("nearest to %d is point %d, of equal x the last", (x, index) => {
  expect(new Line(data([0, 10, 20, 20], [1, 2, 3, 4])).nearest(x)).toBe(index);
});

test("an empty line has no nearest point", () => {
  expect(new Line(data([], [])).nearest(1)).toBe(-1);
});

test("a lookup among a million points reads about twenty of them", () => {
  const size = 1_000_000;
  const x = Float64Array.from({ length: size }, (_, i) => i * 3);
  const line = new Line(data([], [], { x, y: new Float32Array(size) }));
  let reads = 0;
  const counted = new Proxy(x, {
    get(target, key) {
      if (typeof key === "string" && /^\d+$/.test(key)) reads += 1;
      const value: unknown = Reflect.get(target, key, target);
      return value;
    },
  });
  Reflect.set(Reflect.get(line, "columns"), "x", counted);
  for (const at of [0, 17, 1_499_998, 2_999_997, 9e9]) {
    reads = 0;
    line.nearest(at);
    expect(reads).toBeGreaterThan(0);
    expect(reads).toBeLessThanOrEqual(26);
  }
});

test("a reading is a point that was logged, with its own x", () => {
  const line = new Line(data([0, 100, 200], [1, 2, 3]));
  const [reading] = readAll([line], 130, defaultOptions, lightTheme, [0, 200]);
  expect(reading).toMatchObject({ id: "a", x: 100, value: 2, raw: 2, low: 2, high: 2 });
});

test("a line that has ended long before says nothing", () => {
  const ended = new Line(data([0, 10], [1, 2]));
  expect(readAll([ended], 500, defaultOptions, lightTheme, [0, 1000])).toEqual([]);
});

test("a reading shows what is drawn and keeps what was logged", () => {
  const line = new Line(data([0, 1], [0, 1]));
  const options = { ...defaultOptions, smoothing: 0.99 };
  const [reading] = readAll([line], 1, options, lightTheme, [0, 1]);
  expect(reading?.raw).toBe(1);
  expect(reading?.value).toBeLessThan(1);
});
