import { expect, it } from "vitest";
import { indexAt } from "./context";

it.each([
  [null, 3],
  [100, 3],
  [20, 2],
  [19, 1],
  [10, 1],
  [-5, 0],
])("at step %s the value that is shown is the newest one up to it", (step, at) => {
  expect(indexAt([0, 10, 20, 30], step)).toBe(at);
});

it("of values at one step the last is shown, and of none none", () => {
  expect(indexAt([0, 5, 5, 5, 9], 5)).toBe(3);
  expect(indexAt([], 5)).toBe(-1);
});
