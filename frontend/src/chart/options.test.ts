// @vitest-environment happy-dom
/** What options of a panel do to its axes, its lines and what is read of them. */
import { expect, test } from "vitest";
import { layOut, reach } from "./layout";
import { Line } from "./line";
import { pack, unpack } from "./messages";
import { defaultOptions } from "./options";
import { paint } from "./painter";
import { readAll } from "./readout";
import { Recorder } from "./recorder";
import { toCsv } from "./table";
import { lightTheme } from "./theme";
import type { LineData, PanelOptions } from "./types";
import { evenly, within } from "./zoom";

const BLUE = "#0000ff";

function line(x: readonly number[], y: readonly number[], more: Partial<LineData> = {}): Line {
  const [xs, ys] = [Float64Array.from(x), Float64Array.from(y)];
  return new Line({ id: "a", name: "a", color: BLUE, x: xs, y: ys, ...more });
}

function laidOut(lines: readonly Line[], more: Partial<PanelOptions>) {
  const options = { ...defaultOptions, ...more };
  const size = { width: 400, height: 200 };
  const measure = (text: string): number => 6 * text.length;
  return layOut(size, options, reach(lines, options, null), lines, () => 0, measure);
}

function painted(lines: readonly Line[], more: Partial<PanelOptions> = {}): Recorder {
  const options = { ...defaultOptions, ...more };
  const surface = new Recorder();
  const look = { width: 400, height: 200, ratio: 1, theme: lightTheme, focus: null };
  const rest = { hidden: new Set<string>(), zone: () => 0, hairlines: false };
  paint(surface, { ...look, ...rest, options, lines, reach: reach(lines, options, null) });
  return surface;
}

test("a log axis says what it leaves out, and a linear one says nothing", () => {
  const one = line([1, 2, 3, 4], [1, 0, -2, 10]);
  expect(laidOut([one], { yScale: "log" }).frame.note).toBe(
    "2 values \u2264 0 not shown on a log axis",
  );
  expect(laidOut([one], { yScale: "symlog" }).frame.note).toBeNull();
  expect(painted([one], { yScale: "log" }).texts).toContain(
    "2 values \u2264 0 not shown on a log axis",
  );
});

test("x can be log, too, and begins with the first value that it holds", () => {
  const one = line([0, 1, 10, 1000], [1, 2, 3, 4]);
  const { frame, x, xTicks } = laidOut([one], { xScale: "log" });
  expect(frame.xDomain).toEqual([1, 1000]);
  expect(x.map(10) - x.map(1)).toBeCloseTo(x.map(100) - x.map(10), 6);
  expect(xTicks.map(({ text }) => text)).toContain("10");
  expect(frame.note).toContain("1 value ");
});

test("an end of y that is not asked for is the data's", () => {
  const one = line([0, 1], [3, 7]);
  expect(laidOut([one], { yDomain: [0, 5] }).frame.yDomain).toEqual([0, 5]);
  const [low, high] = laidOut([one], { yDomain: [0, null] }).frame.yDomain;
  expect(low).toBe(0);
  expect(high).toBeGreaterThanOrEqual(7);
  // What makes no axis is as if it were not there: a log axis has no zero.
  expect(laidOut([one], { yDomain: [0, null], yScale: "log" }).frame.yDomain[0]).toBeGreaterThan(1);
  expect(laidOut([one], { yDomain: [9, 2] }).frame.yDomain[1]).toBeGreaterThanOrEqual(7);
});

test("a line over another metric goes back where its x goes back", () => {
  const one = line([0, 2, 1, 3], [0, 1, 2, 3], { asGiven: true });
  expect([...one.x]).toEqual([0, 2, 1, 3]);
  const [stroke] = painted([one], { xKind: "metric" }).of(BLUE);
  const xs = (stroke?.runs[0] ?? []).filter((_, i) => i % 2 === 0);
  expect((xs[2] as number) < (xs[1] as number)).toBe(true);
  const options = { ...defaultOptions, xKind: "metric" as const };
  expect(readAll([one], 1.1, options, lightTheme, [0, 3])[0]?.value).toBe(2);
  expect(toCsv([one], options, [0.5, 2.5]).trim().split("\r\n")).toHaveLength(3);
  expect(unpack(pack([one])).map(({ asGiven }) => asGiven)).toEqual([true]);
});

test("around a group the spread lies over the extremes, and the line stays its middle", () => {
  const f = (values: number[]) => Float64Array.from(values);
  const group = line([0, 1, 2], [5, 5, 5], {
    low: f([4, -90, 4]),
    high: f([6, 6, 6]),
    spreadLow: f([4.5, 4.5, 4.5]),
    spreadHigh: f([5.5, 5.5, 5.5]),
    members: Uint32Array.of(3, 3, 2),
  });
  const surface = painted([group]);
  expect(surface.fills.filter(({ color }) => color === BLUE)).toHaveLength(2);
  const ys = (surface.of(BLUE)[0]?.runs[0] ?? []).filter((_, i) => i % 2 === 1);
  expect(new Set(ys).size).toBe(1);
  // A spike of one run is on the axis, whatever spread was chosen.
  expect(laidOut([group], {}).frame.yDomain[0]).toBeLessThanOrEqual(-90);
  expect(readAll([group], 2, defaultOptions, lightTheme, [0, 2])[0]?.members).toBe(2);
});

test("readings say how far they are above the baseline", () => {
  const base = line([0, 1], [2, 3], { id: "base", baseline: true });
  const other = line([0, 1], [2.5, 1], { id: "b" });
  const rows = readAll([base, other], 1, defaultOptions, lightTheme, [0, 1]);
  expect(rows.map(({ id, delta }) => [id, delta])).toEqual([
    ["base", null],
    ["b", -2],
  ]);
});

test("a spike of one point is drawn at every zoom", () => {
  const n = 50_000;
  const x = Array.from({ length: n }, (_, i) => i);
  const one = line(
    x,
    x.map((i) => (i === 31_415 ? 50 : Math.sin(i))),
  );
  for (const half of [n, 20_000, 3000, 200, 10]) {
    const xDomain = [31_415 - half, 31_415 + half] as const;
    const [stroke] = painted([one], { xDomain, yDomain: [-2, 60] }).of(BLUE);
    const top = Math.min(...(stroke?.runs.flat().filter((_, i) => i % 2 === 1) ?? []));
    expect(top).toBeLessThan(50);
  }
});

test("a pan on a log axis moves all decades alike, and stops at the ends", () => {
  const pan = (by: number) =>
    evenly("log", [1, 10_000], [10, 100], ([from, to], whole) =>
      within([from + by, to + by], whole),
    );
  expect(pan(0.25)?.map(Math.round)).toEqual([100, 1000]);
  expect(pan(5)?.map(Math.round)).toEqual([1000, 10_000]);
});
