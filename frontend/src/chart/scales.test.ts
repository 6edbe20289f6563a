import { expect, test } from "vitest";
import { scaleOf, symlogUnit } from "./scales";
import { symlogTicks } from "./ticks";

test.each(["linear", "log", "symlog"] as const)("a %s scale comes back from its pixels", (kind) => {
  const scale = scaleOf(kind, [0.01, 400], [10, 310]);
  for (const value of [0.01, 0.5, 3, 399]) {
    expect(scale.invert(scale.map(value))).toBeCloseTo(value, 6);
  }
  expect(scale.map(0.01)).toBeCloseTo(10, 6);
  expect(scale.map(400)).toBeCloseTo(310, 6);
});

test("symlog holds both signs and zero, and is even in its decades", () => {
  const scale = scaleOf("symlog", [-1000, 1000], [0, 200]);
  expect(scale.map(0)).toBeCloseTo(100, 6);
  expect(scale.map(-10) + scale.map(10)).toBeCloseTo(200, 6);
  const decade = (from: number): number => scale.map(10 * from) - scale.map(from);
  expect(Math.abs(decade(100) - decade(10))).toBeLessThan(2);
  expect(symlogUnit([-1000, 1000])).toBe(1);
});

test("symlog is marked at zero and at decades, never too close", () => {
  const ticks = symlogTicks([-900, 2000], 300, 22);
  expect(ticks).toContain(0);
  expect(ticks).toContain(1000);
  expect(ticks).toContain(-100);
  const { map } = scaleOf("symlog", [-900, 2000], [0, 300]);
  ticks.slice(1).forEach((tick, i) => {
    expect(map(tick) - map(ticks[i] as number)).toBeGreaterThanOrEqual(22);
  });
});
