/** The stored forms of media, as docs/reference/media.md tells them, and what is none of them. */
import { describe, expect, it } from "vitest";
import type { Json } from "../../api/types";
import {
  histogramOf,
  isCloud,
  itemsOf,
  kindOf,
  labelsOf,
  partsOf,
  picturesOf,
  tableOf,
} from "./values";

const DIGEST = "0123456789abcdef0123";
const path = (folder: string, suffix: string) => `media/${folder}/k_${DIGEST}.${suffix}`;

describe("a value is shown as", () => {
  it.each<[Json, string]>([
    [{ _type: "image-file", path: "a.png" }, "images"],
    [{ _type: "images/separated", filenames: [] }, "images"],
    [{ _type: "incremental-table-file", path: "t.json" }, "table"],
    [{ _type: "histogram", values: [], bins: [] }, "histogram"],
    [[{ _type: "histogram" }, { _type: "histogram" }], "histogram"],
    [{ _type: "joined-table", table1: { _type: "table-file" } }, "table"],
    [{ _type: "videos", videos: [] }, "video"],
    [{ _type: "molecule-file", path: "m.pdb" }, "model"],
    [{ _type: "never-seen-file", path: "x" }, "model"],
    [{ _type: "never-seen" }, "json"],
    [{ _type: "constructor" }, "json"],
    [{ _type: "__proto__", path: 1 }, "json"],
    [["a", { _type: "image-file" }], "json"],
    ["steady", "json"],
    [null, "json"],
    [[], "json"],
  ])("%j: %s", (value, kind) => {
    expect(kindOf(value)).toBe(kind);
  });
});

it("a list of media that are logged apart has parts", () => {
  const [table1, table2] = [{ _type: "table-file", path: "a" }, { _type: "table-file" }];
  const tables: Json = [table1, table2];
  expect(partsOf(tables)).toEqual(tables);
  expect(partsOf({ _type: "joined-table", table1, table2 })).toEqual(tables);
  expect(partsOf([1, 2])).toEqual([[1, 2]]);
});

it("images of a list have the captions, sizes and layers of their place", () => {
  const pictures = picturesOf({
    _type: "images/separated",
    width: 10,
    height: 8,
    filenames: [path("images", "png"), path("images", "jpg")],
    captions: ["a", null],
    sizes: [
      [10, 8],
      [4, 2],
    ],
    all_masks: [null, { truth: { _type: "mask", path: "m.png", class_labels: { "1": "car" } } }],
    all_boxes: [{ guess: { _type: "boxes2D", path: "b.json" } }, null],
  });
  expect(pictures.map(({ caption, width }) => [caption, width])).toEqual([
    ["a", 10],
    [null, 4],
  ]);
  expect(pictures[0]?.digest).toBe(DIGEST);
  expect(pictures[0]?.boxes.map(({ name }) => name)).toEqual(["guess"]);
  expect(pictures[1]?.masks[0]?.labels.get(1)).toBe("car");
});

it("the classes of a layer are looked for where a row does not tell them", () => {
  const value = { _type: "image-file", path: "a.png", masks: { truth: { path: "m.png" } } };
  const [picture] = picturesOf(value, (name) => new Map([[2, `dog of ${name}`]]));
  expect(picture?.masks[0]?.labels.get(2)).toBe("dog of truth");
});

it("files of a list are those with paths, whatever they are listed under", () => {
  const value = {
    _type: "object3D",
    filenames: ["short.pts.json"],
    objects: [{ _type: "object3D-file", path: path("object3D", "pts.json"), caption: "" }],
    captions: ["scan"],
  };
  expect(itemsOf(value)).toMatchObject([{ path: path("object3D", "pts.json"), caption: "scan" }]);
  expect(isCloud(value)).toBe(true);
  expect(itemsOf({ _type: "molecule", filenames: ["a.pdb"] })).toMatchObject([{ path: "a.pdb" }]);
  expect(itemsOf({ _type: "audio-file", path: 5 })).toEqual([]);
});

it("a table that grew has its files from the first on", () => {
  const table = tableOf({
    _type: "incremental-table-file",
    path: "c.json",
    previous_increments_paths: ["a.json", "b.json", 3],
    nrows: 30,
  });
  expect(table?.parts).toEqual(["a.json", "b.json", "c.json"]);
  expect(tableOf({ _type: "table-file" })).toBeNull();
});

it("a histogram has one edge more than counts, and numbers alone", () => {
  const bins = [0, 1, 2];
  expect(histogramOf({ values: [3, 4], bins })).toEqual({ counts: [3, 4], edges: bins });
  const packed = { min: 0, size: 0.5, count: 2 };
  expect(histogramOf({ values: [1, 2], packedBins: packed })?.edges).toEqual([0, 0.5, 1]);
  for (const values of [[1], [1, "NaN"], [], null]) {
    expect(histogramOf({ values, bins })).toBeNull();
  }
});

it("labels are names under whole numbers", () => {
  expect([...labelsOf({ "1": "cat", x: "no", "2": 5, __proto__: "no" })]).toEqual([[1, "cat"]]);
});
