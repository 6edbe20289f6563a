import { describe, expect, it } from "vitest";
import { chosen, columnEdges, heatOf, spread } from "./heat";

const sum = (values: Iterable<number>) => [...values].reduce((whole, each) => whole + each, 0);

describe("a histogram on a common grid", () => {
  it("spreads a wide bin over all it covers, and loses nothing", () => {
    expect([...spread({ counts: [4, 8], edges: [0, 1, 3] }, 0, 4, 4)]).toEqual([4, 4, 4, 0]);
    const odd = { counts: [3, 5, 7], edges: [-0.7, 0.1, 0.35, 2.9] };
    expect(sum(spread(odd, -1, 3, 17))).toBeCloseTo(15, 4);
  });

  it("keeps a bin without width", () => {
    expect(sum(spread({ counts: [5], edges: [1, 1] }, 0, 2, 8))).toBe(5);
  });

  it("shows the share of each step, and leaves out steps without counts", () => {
    const low = { counts: [10], edges: [0, 1] };
    const high = { counts: [1, 3], edges: [1, 1.5, 2] };
    const heat = heatOf([0, 5, 9], [low, null, high], 100, 4);
    expect(heat?.steps).toEqual([0, 9]);
    expect([heat?.low, heat?.high]).toEqual([0, 2]);
    expect([...(heat?.shares[0] ?? [])]).toEqual([0.5, 0.5, 0, 0]);
    expect([...(heat?.shares[1] ?? [])]).toEqual([0, 0, 0.25, 0.75]);
    expect(heatOf([0], [null], 10, 10)).toBeNull();
  });
});

it("of more steps than columns some are chosen, the first and the last among them", () => {
  const few = chosen(10_000, 100);
  expect(few).toHaveLength(100);
  expect([few[0], few.at(-1)]).toEqual([0, 9999]);
  expect(chosen(3, 100)).toEqual([0, 1, 2]);
});

it("columns reach half-way to their neighbours", () => {
  expect(columnEdges([0, 10, 30], (step) => step)).toEqual([-7.5, 5, 20, 37.5]);
  expect(columnEdges([4], (step) => step)).toEqual([3.5, 4.5]);
});
