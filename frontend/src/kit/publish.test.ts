import { expect, it } from "vitest";
import { inUnit } from "./PublishDialog";

it("keeps a size when its unit changes", () => {
  expect(inUnit(254, "mm", "in")).toBe(10);
  expect(inUnit(10, "in", "px")).toBe(960);
  expect(inUnit(960, "px", "mm")).toBe(254);
});
