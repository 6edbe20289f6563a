import { expect, it } from "vitest";
import { direction } from "./direction";

it("knows which way is better where a name says it", () => {
  expect(direction("eval/loss")).toBe("low");
  expect(direction("eval/mmlu/acc")).toBe("high");
  expect(direction("lr")).toBeNull();
});
