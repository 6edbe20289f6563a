import { describe, expect, it } from "vitest";
import { asArguments, asYaml } from "./spelled";

const config = {
  lr: 3e-4,
  model: { name: "resnet50", layers: [3, 4] },
  note: "yes",
  empty: {},
  "a b": "x: y",
};

describe("a config for other tools", () => {
  it("is YAML in which a text stays a text", () => {
    expect(asYaml(config).split("\n")).toEqual([
      "lr: 0.0003",
      "model:",
      "  name: resnet50",
      "  layers: [3,4]",
      'note: "yes"',
      "empty: {}",
      'a b: "x: y"',
    ]);
  });

  it("is the words of a command line, as a shell takes them", () => {
    expect(asArguments(config)).toBe(
      "--lr 0.0003 --model.name resnet50 --model.layers '[3,4]' --note yes --empty '{}' '--a b' 'x: y'",
    );
  });
});
