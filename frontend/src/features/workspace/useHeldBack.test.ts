import { expect, it } from "vitest";
import { newAbove } from "./useHeldBack";

it("counts the runs above the one that was on top", () => {
  const runs = ["new 2", "new 1", "top", "old"].map((id) => ({ id }));
  expect(newAbove(runs, "top")).toBe(2);
  expect(newAbove(runs, null)).toBe(0);
  expect(newAbove(runs, "of another filter")).toBe(0);
});
