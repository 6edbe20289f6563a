import { expect, test } from "vitest";
import {
  formatDuration,
  formatLogTick,
  formatTick,
  formatValue,
  formatX,
  formatXTick,
} from "./format";

const utc = () => 0;

test.each([
  [0, "0"],
  [2.3512, "2.351"],
  [0.5, "0.5000"],
  [0.46954, "0.4695"],
  [-0.25, "−0.2500"],
  [1234.56, "1,235"],
  [12, "12"],
  [32_100, "32,100"],
  [-1500, "−1,500"],
  [12_345.6, "12.35k"],
  [99_999.9, "100.0k"],
  [1_234_567, "1.235M"],
  [5e9, "5.000G"],
  [0.00012345, "1.234e−4"],
  [3e20, "3.000e20"],
  [Number.NaN, "NaN"],
  [Number.POSITIVE_INFINITY, "Inf"],
  [Number.NEGATIVE_INFINITY, "−Inf"],
])("the value %d reads %s", (value, text) => {
  expect(formatValue(value)).toBe(text);
});

test.each([
  { ticks: [0, 20_000, 40_000], texts: ["0", "20k", "40k"] },
  { ticks: [400_000, 450_000, 500_000], texts: ["400k", "450k", "500k"] },
  { ticks: [0, 5e-4, 1e-3, 1.5e-3, 2e-3], texts: ["0", "5e−4", "1e−3", "1.5e−3", "2e−3"] },
  { ticks: [0.42, 0.44, 0.46], texts: ["0.42", "0.44", "0.46"] },
  { ticks: [0.25, 0.3, 0.35], texts: ["0.25", "0.30", "0.35"] },
  { ticks: [-2, 0, 2], texts: ["−2", "0", "2"] },
  { ticks: [1_000_000, 1_500_000], texts: ["1.0M", "1.5M"] },
  { ticks: [1_234_000, 1_234_500], texts: ["1.2340M", "1.2345M"] },
])("the marks $ticks share a notation", ({ ticks, texts }) => {
  expect(ticks.map((tick) => formatTick(tick, ticks))).toEqual(texts);
});

test("no two marks of one axis read the same", () => {
  for (const step of [1e-9, 3e-5, 0.02, 7, 1500, 2.5e6]) {
    const ticks = [0, 1, 2, 3].map((k) => 12 * step + k * step);
    expect(new Set(ticks.map((tick) => formatTick(tick, ticks))).size).toBe(4);
  }
});

test.each([
  [1e-5, "1e−5"],
  [0.1, "0.1"],
  [2.5, "2.5"],
  [1000, "1000"],
  [20_000, "20k"],
  [1e16, "1e16"],
])("a log axis marks %d as %s", (value, text) => {
  expect(formatLogTick(value)).toBe(text);
});

test.each([
  [0, "0"],
  [0.25, "250ms"],
  [42, "42s"],
  [90, "1m 30s"],
  [7200, "2h"],
  [7500, "2h 05m"],
  [100_000, "1d 3h"],
  [-90, "−1m 30s"],
])("%d seconds read %s", (seconds, text) => {
  expect(formatDuration(seconds)).toBe(text);
});

test("a wall clock reads dates at midnight and hours in between", () => {
  const noon = Date.UTC(2026, 10, 22, 12) / 1000;
  const ticks = [noon, noon + 43_200];
  expect(ticks.map((tick) => formatXTick("wall", tick, ticks, utc))).toEqual(["12:00", "Nov 23"]);
  expect(formatX("wall", noon + 61, utc)).toBe("2026-11-22 12:01:01");
});

test("a step is written in full", () => {
  expect(formatX("step", 1_234_567)).toBe("1,234,567");
});
