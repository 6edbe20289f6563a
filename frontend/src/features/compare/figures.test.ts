import { describe, expect, it } from "vitest";
import type { ComparedKey } from "../../api/comparison";
import { bestOf, better, figuresOf, usualKeys } from "./figures";

const key = (name: string, more: Partial<ComparedKey> = {}): ComparedKey =>
  ({
    key: name,
    runs: 3,
    goal: null,
    values: [3, "NaN", 1],
    low: [2, null, 0],
    high: [9, null, 4],
    mean: [4, null, 2],
    ...more,
  }) as ComparedKey;

describe("figures of runs", () => {
  it("stand in the order of the page, whatever the answer's is", () => {
    const { values } = figuresOf(key("loss"), "last", [2, 0, 1, -1]);
    expect(values).toEqual([1, 3, Number.NaN, null]);
    expect(figuresOf(key("loss"), "max", [2, 0]).values).toEqual([4, 9]);
  });

  it("know the best by goal, then by name, else not at all", () => {
    expect(better({ key: "x", goal: "maximize" })).toBe("high");
    expect(better({ key: "val/loss", goal: null })).toBe("low");
    expect(better({ key: "lr", goal: null })).toBeNull();
    expect(bestOf([3, Number.NaN, 1, null], "low")).toBe(1);
    expect(bestOf([3, null], "low")).toBeNull(); // alone is no best
  });

  it("begin with keys that have a better way, and leave the machine out", () => {
    const keys = [key("system/cpu"), key("lr"), key("acc"), key("loss", { runs: 2 })];
    expect(usualKeys(keys, 2)).toEqual(["acc", "loss"]);
    expect(usualKeys([key("system/cpu")], 2)).toEqual(["system/cpu"]);
  });
});
