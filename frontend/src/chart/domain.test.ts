import { expect, test } from "vitest";
import { visibleRange, xExtent, yDomain } from "./domain";
import { layOut, reach } from "./layout";
import { Line } from "./line";
import { defaultOptions } from "./options";
import type { LineData } from "./types";

function line(y: readonly number[], more: Partial<LineData> = {}): Line {
  return new Line({
    id: "a",
    name: "a",
    color: "#2f6fed",
    x: Float64Array.from(y, (_, i) => i),
    y: Float64Array.from(y),
    ...more,
  });
}

const whole = (one: Line): [number, number] => [0, one.length - 1];
const noisy = (n: number): number[] =>
  Array.from({ length: n }, (_, i) => 5 + ((i * 7919) % 97) / 97);

test("an outlier is clipped when asked, and said to be", () => {
  const one = line([...noisy(500), 1e6]);
  const clipped = yDomain([one], whole(one), { scale: "linear", clip: true });
  expect(clipped?.clipped).toBe(true);
  expect(clipped?.domain[1]).toBeLessThan(10);
  const full = yDomain([one], whole(one), { scale: "linear", clip: false });
  expect(full?.clipped).toBe(false);
  expect(full?.domain[1]).toBeGreaterThanOrEqual(1e6);
});

test("a line that only rises is shown whole, however steep", () => {
  const one = line(Array.from({ length: 300 }, (_, i) => 2 ** (i / 10)));
  expect(yDomain([one], whole(one), { scale: "linear", clip: true })?.clipped).toBe(false);
});

test("values within nought and one are shown whole", () => {
  const one = line([...noisy(500).map((v) => (v - 5) / 1000), 1]);
  expect(yDomain([one], whole(one), { scale: "linear", clip: true })?.clipped).toBe(false);
});

test("clipping that would gain little is not done", () => {
  const one = line(noisy(500));
  expect(yDomain([one], whole(one), { scale: "linear", clip: true })?.clipped).toBe(false);
});

test("few points are never clipped", () => {
  const one = line([1, 2, 1, 2, 900]);
  expect(yDomain([one], whole(one), { scale: "linear", clip: true })?.clipped).toBe(false);
});

test("NaN and infinities do not stretch the axis", () => {
  const one = line([1, Number.NaN, Number.POSITIVE_INFINITY, 2]);
  const domain = yDomain([one], whole(one), { scale: "linear", clip: false })?.domain;
  expect(domain?.map((v) => Math.round(v * 100) / 100)).toEqual([0.95, 2.05]);
});

test("a spike that only its bucket's extreme knows stretches the axis", () => {
  const one = line([1, 1, 1], { low: Float64Array.of(1, 1, 1), high: Float64Array.of(1, 40, 1) });
  expect(yDomain([one], whole(one), { scale: "linear", clip: false })?.domain[1]).toBeGreaterThan(
    40,
  );
});

test("a log axis leaves out what it cannot hold", () => {
  const one = line([0, -3, 1, 100]);
  const domain = yDomain([one], whole(one), { scale: "log", clip: false })?.domain;
  expect(domain?.[0]).toBeGreaterThan(0.5);
  expect(yDomain([line([0, -1])], [0, 1], { scale: "log", clip: false })).toBeNull();
});

test("a constant has room above and below", () => {
  const domain = yDomain([line([3, 3])], [0, 1], { scale: "linear", clip: false })?.domain;
  expect(domain?.[0]).toBeLessThan(3);
  expect(domain?.[1]).toBeGreaterThan(3);
});

test("padding does not carry an axis of losses below zero", () => {
  expect(yDomain([line([0, 10])], [0, 1], { scale: "linear", clip: false })?.domain[0]).toBe(0);
});

test("y spans what is in view, and the points that lines come from and go to", () => {
  const one = line([1000, 1, 2, 3, 1000]);
  expect(visibleRange(one, [1.5, 2.5])).toEqual([1, 4]);
  expect(yDomain([one], [1.5, 2.5], { scale: "linear", clip: false })?.domain[1]).toBeLessThan(4);
});

test("x spans all lines and their marks", () => {
  const marks = { x: Float64Array.of(50), kind: Uint8Array.of(0) };
  expect(xExtent([line([1, 2]), line([1, 2, 3, 4], { marks })])).toEqual([0, 50]);
  expect(xExtent([])).toBeNull();
});

test("smoothing and hiding what lies inside move no axis", () => {
  const lines = [line([1, 5, 2]), line([2, 3, 2])];
  const alone = reach(lines.slice(0, 1), defaultOptions, null);
  expect(reach(lines, { ...defaultOptions, smoothing: 0.9 }, null)).toEqual(alone);
});

test("a zoom goes before the domain asked for, which goes before all there is", () => {
  const one = line(noisy(100));
  const asked = { ...defaultOptions, xDomain: [10, 20] as const };
  expect(reach([one], defaultOptions, null).x).toEqual([0, 99]);
  expect(reach([one], asked, null).x).toEqual([10, 20]);
  expect(reach([one], asked, [12, 14]).x).toEqual([12, 14]);
});

test("a single step has an axis to stand on", () => {
  expect(reach([line([1])], defaultOptions, null).x).toEqual([-1, 1]);
});

test("labels never overlap, and the frame keeps inside the panel", () => {
  for (const width of [120, 200, 353.4, 900]) {
    const size = { width, height: 186 };
    const one = line(noisy(2000));
    const measure = (text: string): number => text.length * 6;
    const seen = layOut(
      size,
      defaultOptions,
      reach([one], defaultOptions, null),
      [one],
      () => 0,
      measure,
    );
    const ends = seen.xTicks.map(({ at, text }) => [
      seen.x.map(at) - measure(text) / 2,
      seen.x.map(at) + measure(text) / 2,
    ]);
    ends.slice(1).forEach((end, i) => {
      expect(end[0]).toBeGreaterThan(ends[i]?.[1] as number);
    });
    const { left, width: plotWidth } = seen.frame.plot;
    expect(left + plotWidth).toBeLessThanOrEqual(width);
  }
});
