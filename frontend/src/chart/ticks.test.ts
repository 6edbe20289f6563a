import { expect, test } from "vitest";
import { linearScale, logScale } from "./scales";
import { linearTicks, logTicks, timeTicks, xTicks } from "./ticks";

const utc = () => 0;

test.each([
  { domain: [0, 100_000], count: 5, ticks: [0, 20_000, 40_000, 60_000, 80_000, 100_000] },
  { domain: [0, 1], count: 4, ticks: [0, 0.5, 1] },
  { domain: [0.405, 0.465], count: 5, ticks: [0.42, 0.44, 0.46] },
  { domain: [-0.31, 0.31], count: 6, ticks: [-0.2, 0, 0.2] },
  { domain: [0, 0.3], count: 3, ticks: [0, 0.1, 0.2, 0.3] },
  { domain: [5, 5], count: 4, ticks: [5] },
])("linear marks of $domain are round", ({ domain, count, ticks }) => {
  expect(linearTicks(domain as [number, number], count)).toEqual(ticks);
});

test("an axis of steps has no mark between two steps", () => {
  expect(xTicks("step", [3, 5], 6, utc)).toEqual([3, 4, 5]);
});

test.each([
  { domain: [1, 1000], length: 75, ticks: [1, 10, 100, 1000] },
  { domain: [1, 1000], length: 150, ticks: [1, 3, 10, 30, 100, 300, 1000] },
  { domain: [2, 6], length: 150, ticks: [2, 2.5, 3, 4, 5, 6] },
  { domain: [1e-12, 1e12], length: 150, ticks: [1e-12, 1e-8, 1e-4, 1, 1e4, 1e8, 1e12] },
])("log marks of $domain over $length pixels are decades first", ({ domain, length, ticks }) => {
  expect(logTicks(domain as [number, number], length, 22)).toEqual(ticks);
});

test("a log axis that spans almost nothing is marked as a linear one", () => {
  expect(logTicks([2.01, 2.05], 150, 22)).toEqual([2.01, 2.02, 2.03, 2.04, 2.05]);
});

test("log marks never stand closer than the gap", () => {
  for (const high of [1.3, 4, 12, 70, 900, 3e4, 1e7]) {
    const scale = logScale([1, high], [0, 150]);
    const at = logTicks([1, high], 150, 22).map(scale.map);
    const gaps = at.slice(1).map((pixel, i) => pixel - (at[i] as number));
    expect(Math.min(...gaps)).toBeGreaterThan(18);
  }
});

test("durations are marked at whole minutes and hours", () => {
  expect(timeTicks([0, 5400], 4, utc)).toEqual([0, 1800, 3600, 5400]);
  expect(timeTicks([0, 200], 4, utc)).toEqual([0, 60, 120, 180]);
});

test("days are marked at midnight of the zone's clock", () => {
  const zone = () => 3600;
  const start = Date.UTC(2026, 0, 1) / 1000;
  const ticks = xTicks("wall", [start, start + 3 * 86_400], 4, zone);
  expect(ticks).toEqual([1, 2, 3].map((day) => start + day * 86_400 - 3600));
});

test("a scale and its inverse undo each other", () => {
  const scales = [linearScale([-5, 20], [44, 340]), logScale([1e-6, 10], [160, 10])];
  for (const scale of scales) {
    for (const pixel of [scale.range[0], 100, scale.range[1]]) {
      expect(scale.map(scale.invert(pixel))).toBeCloseTo(pixel, 8);
    }
  }
});

test("milliseconds stay apart on an axis of seconds since the epoch", () => {
  const start = 1_790_000_000;
  const scale = linearScale([start, start + 1], [0, 1000]);
  expect(scale.map(start + 0.001)).toBeCloseTo(1, 3);
});

test("a log scale has no place for zero and less", () => {
  const scale = logScale([1, 10], [0, 1]);
  expect([0, -1, Number.NaN].map(scale.map).every(Number.isNaN)).toBe(true);
});
