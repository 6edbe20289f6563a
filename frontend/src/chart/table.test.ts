import { expect, test } from "vitest";
import { Line } from "./line";
import { defaultOptions } from "./options";
import { summarize, tabulate, toCsv } from "./table";
import type { LineData } from "./types";

function line(id: string, x: number[], y: number[], more: Partial<LineData> = {}): Line {
  return new Line({
    id,
    name: `run ${id}`,
    color: "#2f6fed",
    x: Float64Array.from(x),
    y: Float64Array.from(y),
    ...more,
  });
}

const rowsOf = (csv: string): string[][] =>
  csv
    .trim()
    .split("\r\n")
    .map((row) => row.split(","));

test("CSV holds exactly the points that are drawn", () => {
  const lines = [line("a", [0, 1, 2, 3], [5, 6, 7, 8]), line("b", [1, 9], [0.1, 0.2])];
  expect(rowsOf(toCsv(lines, defaultOptions, [1, 2]))).toEqual([
    ["line", "name", "step", "value", "raw", "low", "high"],
    ["a", "run a", "1", "6", "6", "6", "6"],
    ["a", "run a", "2", "7", "7", "7", "7"],
    ["b", "run b", "1", "0.1", "0.1", "0.1", "0.1"],
  ]);
});

test("CSV holds the smoothed value that is drawn beside the raw one", () => {
  const one = line("a", [0, 1, 2], [0, 1, 0]);
  const options = { ...defaultOptions, smoothing: 0.99 };
  const drawn = one.drawn({ ...defaultOptions, smoothing: 0.99 });
  const rows = rowsOf(toCsv([one], options, [0, 2])).slice(1);
  expect(rows.map((row) => Number(row[3]))).toEqual([...drawn]);
  expect(rows.map((row) => row[4])).toEqual(["0", "1", "0"]);
});

test("CSV holds the extremes behind each bucket, and what is not finite", () => {
  const one = line("a", [0, 1], [2, Number.NaN], {
    low: Float64Array.of(1, Number.NaN),
    high: Float64Array.of(3, Number.NaN),
    marks: { x: Float64Array.of(0, 1), kind: Uint8Array.of(1, 0) },
  });
  expect(rowsOf(toCsv([one], defaultOptions, [0, 1])).slice(1)).toEqual([
    ["a", "run a", "0", "2", "2", "1", "3"],
    ["a", "run a", "1", "NaN", "NaN", "NaN", "NaN"],
    ["a", "run a", "0", "Infinity", "Infinity", "Infinity", "Infinity"],
  ]);
});

test("names with commas and quotes survive CSV", () => {
  const one = line("a", [0], [1], { name: 'lr "3e-4", warm' });
  expect(toCsv([one], defaultOptions, [0, 1])).toContain('a,"lr ""3e-4"", warm",0,1');
});

test("a table has a row for each x, and says how many there are", () => {
  const lines = [line("a", [0, 1, 2], [5, 6, 7]), line("b", [1, 3], [8, 9])];
  const table = tabulate(lines, defaultOptions, [0, 3], 3);
  expect(table).toEqual({
    columns: ["step", "run a", "run b"],
    rows: [
      [0, 5, null],
      [1, 6, 8],
      [2, 7, null],
    ],
    total: 4,
  });
});

test("a summary skips what is not finite, counts it, and knows the buckets' extremes", () => {
  const one = line("a", [0, 1, 2], [1, 4, Number.NaN], {
    low: Float64Array.of(-9, 4, Number.NaN),
    high: Float64Array.of(2, 50, Number.NaN),
  });
  expect(summarize(one)).toEqual({
    id: "a",
    name: "run a",
    points: 3,
    last: 4,
    min: -9,
    max: 50,
    nonFinite: 1,
  });
});
