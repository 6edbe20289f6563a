import { describe, expect, it } from "vitest";
import { arrange, direction, finder } from "./sections";

const names = (sections: { name: string }[]) => sections.map((section) => section.name);

describe("sections", () => {
  it("go by prefix, training first and system last, losses before the rest", () => {
    const sections = arrange(
      [],
      ["system/cpu", "val/acc", "val/loss", "epoch", "train/loss", "zoo/x"],
    );
    expect(names(sections)).toEqual(["charts", "train", "val", "zoo", "system"]);
    expect(sections[2]?.keys).toEqual(["val/loss", "val/acc"]);
  });

  it("count layers as people do", () => {
    const [section] = arrange([], ["w/10", "w/9", "w/2"]);
    expect(section?.keys).toEqual(["w/2", "w/9", "w/10"]);
    expect(names(arrange([], ["layer10/w", "layer9/w"]))).toEqual(["layer9", "layer10"]);
  });

  it("never move for a key that comes later", () => {
    const before = arrange([], ["train/b", "val/loss"]);
    const after = arrange(before, ["train/b", "val/loss", "train/a", "best"]);
    expect(names(after)).toEqual(["train", "val", "charts"]);
    expect(after[0]?.keys).toEqual(["train/b", "train/a"]);
  });
});

it("a panel search is a pattern, or plain text while it is half typed", () => {
  expect(["train/loss", "val/acc"].filter(finder("^train"))).toEqual(["train/loss"]);
  expect(["train/(x", "val/acc"].filter(finder("(x"))).toEqual(["train/(x"]);
});

it("knows which way is better where a name says it", () => {
  expect(direction("eval/loss")).toBe("low");
  expect(direction("eval/mmlu/acc")).toBe("high");
  expect(direction("lr")).toBeNull();
});
