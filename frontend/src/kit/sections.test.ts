import { describe, expect, it } from "vitest";
import { arrange, finder, partOf } from "./sections";

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

it("what was measured of a machine goes by its parts, the whole first and single cores last", () => {
  const keys = [
    "system/gpu.0.power",
    "system/gpu.0",
    "system/cpu",
    "system/cpu.3",
    "system/memory",
  ];
  expect(keys.map(partOf)).toEqual(["GPU 0", "GPU 0", "Machine", "CPU cores", "Machine"]);
  expect(partOf("system/process.cpu")).toBe("Process");
  expect(names(arrange([], keys, partOf))).toEqual(["Machine", "GPU 0", "CPU cores"]);
});
