import { expect, test } from "vitest";
import { runColor } from "../../kit/marks";
import { coloringBy } from "./coloring";
import { between, wrongWith } from "./conditions";
import { barsOf } from "./HeaderHistogram";
import { pagesOf } from "./useRows";
import { grown } from "./useRunColumns";
import { alike, stateFrom } from "./useTableView";

test("a brush stands instead of the range that the field had, and leaves the rest", () => {
  const text = between("config.lr > 1 and tags has x", "config.lr", 0.001, 0.1);
  expect(text).toBe("tags has x and config.lr >= 0.001 and config.lr <= 0.1");
  expect(wrongWith(between("", "config.a b", -1e-7, 2e21))).toBeNull();
});

test("a single run is seen among very many", () => {
  const heights = [...barsOf([100_000, 0, 1]).matchAll(/v-([\d.]+)h/g)].map(([, h]) => Number(h));
  expect(heights).toEqual([24, 1.5]);
});

test("colours are those of the values, wherever in the table they stand", () => {
  const texts = coloringBy({
    runs: 3,
    edges: [],
    counts: [],
    values: [
      { value: "vit", runs: 2 },
      { value: "mixer", runs: 1 },
    ],
  });
  expect(texts.colorOf("mixer")).toBe(runColor(1));
  expect(texts.colorOf("rare")).toBe(texts.colorOf(undefined));
  const numbers = coloringBy({ runs: 3, edges: [1e-4, 1e-2, 1], counts: [1, 2], values: [] });
  expect(numbers.colorOf(1e-2)).toContain("55%"); // in the middle, where ratios are looked at
  expect(numbers.colorOf("NaN")).toBe(numbers.colorOf(undefined));
});

test("what is in sight is asked for, and what comes next", () => {
  expect(pagesOf(0, 30, null)).toEqual([0]);
  expect(pagesOf(0, 30, 100_000)).toEqual([0]);
  expect(pagesOf(40, 70, 100_000)).toEqual([0, 1]);
  expect(pagesOf(99_960, 99_999, 100_000)).toEqual([999]);
  expect(pagesOf(500, 540, 120)).toEqual([1]); // fewer than there were
});

test("columns that come later stand behind their like, and move none that are there", () => {
  const before = ["state", "config.lr", "summary.loss"];
  expect(grown(before, ["state", "config.lr", "config.seed", "summary.loss"])).toEqual([
    "state",
    "config.lr",
    "config.seed",
    "summary.loss",
  ]);
  expect(grown(before, ["state"])).toBe(before);
  const full = ["a", "b", "c", "d", "e", "f"].map((key) => `summary.${key}`);
  expect(grown(full, ["summary.g"])).toBe(full);
});

test("a view is edited when it would be saved as another", () => {
  const state = stateFrom({ f: "id = a", view: "v1", s: "x", sort: "" });
  expect(state).toEqual({ f: "id = a" });
  expect(alike(state, { f: "id = a", sort: undefined })).toBe(true);
  expect(alike(state, { f: "id = a", group: "state" })).toBe(false);
});
