import { describe, expect, it } from "vitest";
import type { RunField } from "../../api/runs-table";
import { brushFilter, insideOf, readBrushes, readNames, writeBrushes, writeNames } from "./brushes";
import { figuresOf, labelsOf, toColumn, usualParameters, usualScale } from "./columns";
import { groupsOf } from "./grouping";

const field = (key: string, kind: RunField["kind"], differs = true): RunField => ({
  key,
  kind,
  differs,
  runs: 4,
});

const lr = toColumn("config.lr", [0.1, 0.001, null, 0.01]);
const model = toColumn("config.model", ["vit", "resnet", "vit", null]);
const columns = new Map([lr, model].map((one) => [one.name, one]));

describe("columns", () => {
  it("are numbers, or places in words", () => {
    expect([...lr.values]).toEqual([0.1, 0.001, Number.NaN, 0.01]);
    expect(model.categories).toEqual(["resnet", "vit"]);
    expect([...model.values]).toEqual([1, 0, 1, Number.NaN]);
    expect(toColumn("config.on", [true, false]).categories).toEqual(["false", "true"]);
    expect(usualScale(lr)).toBe("log");
    expect(usualScale(model)).toBe("category");
  });

  it("are told apart where a setting and a result share a name", () => {
    const names = ["config.lr", "summary.lr", "summary.loss", "name"];
    expect(labelsOf(names)).toEqual(["lr (config)", "lr (summary)", "loss", "name"]);
  });

  it("are chosen: what differs and is no name, and the loss", () => {
    const names = toColumn("config.name", ["a", "b", "c", "d"]);
    const fields = {
      runs: 4,
      config: [field("lr", "number"), field("name", "text"), field("epochs", "number", false)],
      summary: [field("_step", "number"), field("acc", "number"), field("val/loss", "number")],
    };
    const all = new Map([...columns, ["config.name", names] as const]);
    expect(usualParameters(fields, all)).toEqual(["config.lr"]);
    expect(figuresOf(fields)).toEqual(["summary.val/loss", "summary.acc", "summary._step"]);
  });
});

describe("brushes", () => {
  const brushes = { "config.lr": [0.005, 0.2], "config.model": [0.5, 1.5] } as const;

  it("say which runs are inside; a run without a value is not", () => {
    expect(insideOf(columns, {}, 4)).toEqual([0, 1, 2, 3]);
    expect(insideOf(columns, brushes, 4)).toEqual([0]);
  });

  it("are a filter that finds the same runs", () => {
    expect(brushFilter("state = finished", columns, brushes)).toBe(
      'state = finished and config.lr >= 0.005 and config.lr <= 0.2 and config.model in ("vit")',
    );
  });

  it("survive a URL", () => {
    const odd = { "config.a,b~c": [-1, 2.5] } as const;
    expect(readBrushes(writeBrushes(odd))).toEqual(odd);
    expect(readBrushes("config.lr~x~1,~1~2,nothing")).toEqual({});
    expect(readNames(writeNames(["config.a,b", "summary.x/y"]))).toEqual([
      "config.a,b",
      "summary.x/y",
    ]);
  });
});

it("groups figures by another column, without what is missing", () => {
  const groups = groupsOf(model, Float64Array.of(1, 2, Number.NaN, 4));
  expect(groups.map(({ name, values }) => [name, [...values]])).toEqual([
    ["resnet", [2]],
    ["vit", [1]],
  ]);
});
