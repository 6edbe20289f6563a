import { describe, expect, it } from "vitest";
import { evaluate, parseExpression, wrongWith } from "./expression";

const line = (...points: [number, number][]) => ({
  n: points.length,
  x: points.map(([x]) => x),
  last: points.map(([, y]) => y),
});

describe("an expression", () => {
  it.each([
    ["a + b * 2", 7],
    ["(a + b) * 2", 8],
    ["-a ** 2", -1],
    ["max(a, b) / 2", 1.5],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is how odd keys are written
    ["${a} - b", -2],
    ["1e1 - a", 9],
  ])("%s is %d", (text, value) => {
    const found = evaluate(parseExpression(text), (key) => line([0, key === "a" ? 1 : 3]));
    expect([...(found?.y ?? [])]).toEqual([value]);
  });

  it("tells a key with a slash from a division", () => {
    expect(parseExpression("train/loss - val/loss").keys).toEqual(["train/loss", "val/loss"]);
    expect(parseExpression("a / b").keys).toEqual(["a", "b"]);
  });

  it("takes the last value up to a point of the other keys", () => {
    const lines = { a: line([0, 1], [1, 2], [2, 3]), b: line([1, 10]) };
    const found = evaluate(parseExpression("a + b"), (key) => lines[key as "a" | "b"]);
    expect([...(found?.y ?? [])]).toEqual([Number.NaN, 12, 13]);
  });

  it.each([
    ["a +", "column 4: a metric or a number is missing"],
    ["(a", "column 3: a bracket is missing"],
    ["a $", "column 2: this is not understood"],
    ["1 + 2", "column 1: no metric is named"],
    ["a b", "column 2: an operator is missing"],
    ["alert(1)", "column 6: an operator is missing"],
  ])("%s is refused: %s", (text, why) => {
    expect(wrongWith(text)).toBe(why);
  });
});
