import { describe, expect, it } from "vitest";
import type { Json } from "../../../api/types";
import type { ChartSpec } from "../panels";
import { joined, readPart } from "../table/rows";
import { drawingOf, isDrawn } from "./drawing";

const table = (columns: string[], data: Json[][]) =>
  joined([readPart(JSON.stringify({ columns, data }))]);
const spec = (name: string, fields: Record<string, string>, strings = {}): ChartSpec => ({
  name,
  fields,
  strings,
});

describe("a chart of wandb.plot", () => {
  it("line: a line for each stroke, along x", () => {
    const data = [
      [2, 5, "a"],
      [1, 4, "a"],
      [1, 9, "b"],
      ["NaN", 1, "a"],
    ];
    const fields = { x: "n", y: "v", stroke: "k" };
    expect(drawingOf(spec("wandb/line/v0", fields), table(["n", "v", "k"], data))).toMatchObject({
      kind: "xy",
      mark: "line",
      x: "n",
      lines: [
        {
          name: "a",
          points: [
            [1, 4],
            [2, 5],
          ],
        },
        { name: "b", points: [[1, 9]] },
      ],
    });
  });

  it("area under a curve: from 0 to 1, with chance where it is a ROC", () => {
    const rows = table(["class", "fpr", "tpr"], [["yes", 0, 0.5]]);
    const fields = { x: "fpr", y: "tpr", class: "class" };
    const strings = { "x-axis-title": "False positive rate" };
    const drawn = drawingOf(spec("wandb/area-under-curve/v0", fields, strings), rows);
    expect(drawn).toMatchObject({ unit: true, diagonal: true, x: "False positive rate", y: "tpr" });
  });

  it("line series: named by the column of keys", () => {
    const rows = table(
      ["step", "lineKey", "lineVal"],
      [
        [0, "up", 1],
        [0, "down", 2],
      ],
    );
    const drawn = drawingOf(spec("wandb/lineseries/v0", {}, { xname: "epoch" }), rows);
    expect(drawn).toMatchObject({ x: "epoch", lines: [{ name: "up" }, { name: "down" }] });
  });

  it("histogram: every value in one bin", () => {
    const rows = table(
      ["v"],
      Array.from({ length: 100 }, (_, at) => [at]),
    );
    const drawn = drawingOf(spec("wandb/histogram/v0", { value: "v" }), rows);
    if (drawn.kind !== "counts") throw new Error(drawn.kind);
    expect(drawn.counts.reduce((sum, each) => sum + each, 0)).toBe(100);
    expect([drawn.edges[0], drawn.edges.at(-1)]).toEqual([0, 99]);
  });

  it("confusion matrix: what was by row, what it was taken for by column", () => {
    const rows = table(
      ["Actual", "Predicted", "nPredictions"],
      [
        ["cat", "cat", 5],
        ["cat", "dog", 2],
        ["dog", "dog", 7],
      ],
    );
    expect(drawingOf(spec("wandb/confusion_matrix/v1", {}), rows)).toEqual({
      kind: "matrix",
      rows: ["cat", "dog"],
      columns: ["cat", "dog"],
      counts: [
        [5, 2],
        [0, 7],
      ],
    });
  });

  it("bar: labels that repeat stay apart", () => {
    const rows = table(
      ["l", "v"],
      [
        ["a", 1],
        ["a", -2],
        ["b", null],
      ],
    );
    const drawn = drawingOf(spec("wandb/bar/v0", { label: "l", value: "v" }), rows);
    expect(drawn).toMatchObject({ bars: [{ value: 1 }, { value: -2 }] });
  });
});

it("what cannot be drawn says why", () => {
  const rows = table(["a"], [[1]]);
  expect(drawingOf(spec("wandb/scatter/v0", { x: "a", y: "b" }), rows)).toEqual({
    kind: "undrawn",
    why: "The table has no column “b” to draw.",
  });
  expect(isDrawn(spec("me/own/v3", {}))).toBe(false);
  expect(isDrawn(spec("constructor", {}))).toBe(false);
  expect(drawingOf(spec("me/own/v3", {}), rows)).toMatchObject({ kind: "undrawn" });
});

it("points are told apart where the chart names what by, and are one cloud where not", () => {
  const rows = table(
    ["a", "b", "split"],
    [
      [1, 2, "train"],
      [2, 3, "test"],
    ],
  );
  const fields = { x: "a", y: "b" };
  const apart = drawingOf(spec("wandb/scatter/v0", { ...fields, class: "split" }), rows);
  expect(apart).toMatchObject({ lines: [{ name: "train" }, { name: "test" }] });
  const one = drawingOf(spec("wandb/scatter/v0", fields), rows);
  expect(one).toMatchObject({
    lines: [
      {
        name: "",
        points: [
          [1, 2],
          [2, 3],
        ],
      },
    ],
  });
});
