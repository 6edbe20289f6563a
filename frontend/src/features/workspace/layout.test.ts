import { describe, expect, it } from "vitest";
import {
  duplicated,
  inOrder,
  panelMoved,
  panelPut,
  panelsInOrder,
  readLayout,
  sectionMoved,
  sectionPut,
  usualLayout,
  withoutPanel,
  withPanel,
  writeLayout,
} from "./layout";

describe("a layout", () => {
  it("says nothing when all is as usual, and comes back as it was written", () => {
    expect(writeLayout(usualLayout)).toBeUndefined();
    const layout = withoutPanel(duplicated(usualLayout, "loss", "charts"), "odd");
    expect(readLayout(writeLayout(layout) ?? "")).toEqual(layout);
  });

  it.each(["{", "7", "null", '{"panels":3,"order":[1]}'])("is as usual for %s", (text) => {
    expect(readLayout(text)).toEqual(usualLayout);
  });

  it("forgets a panel whose changes were taken back", () => {
    const changed = withPanel(usualLayout, "loss", { title: "Loss" });
    expect(withPanel(changed, "loss", { title: undefined })).toEqual(usualLayout);
  });

  it("puts a copy behind what it was copied from", () => {
    const layout = duplicated(usualLayout, "loss", "charts");
    expect(layout.panels["+1"]).toMatchObject({ keys: ["loss"], after: "loss" });
    expect(panelsInOrder(["loss", "acc", "+1"], layout)).toEqual(["loss", "+1", "acc"]);
  });

  it.each([
    ["c", -1, ["a", "c", "b"]],
    ["a", 1, ["b", "a", "c"]],
    ["b", -1, ["b", "a", "c"]],
    ["a", -1, ["a", "b", "c"]],
  ] as const)("moves %s by %i", (id, by, order) => {
    const ids = ["a", "b", "c"];
    expect(panelsInOrder(ids, panelMoved(usualLayout, ids, id, by))).toEqual(order);
  });

  it("leaves panels in place that come later, behind those that were moved", () => {
    const layout = panelMoved(usualLayout, ["a", "b"], "b", -1);
    expect(panelsInOrder(["a", "b", "new"], layout)).toEqual(["b", "a", "new"]);
  });

  it("moves sections", () => {
    const sections = ["train", "val"].map((name) => ({ name }));
    const layout = sectionMoved(usualLayout, ["train", "val"], "val", -1);
    expect(inOrder([...sections, { name: "new" }], layout).map((one) => one.name)).toEqual([
      "val",
      "train",
      "new",
    ]);
  });
});

describe("what is dropped on another", () => {
  const ids = ["a", "b", "c", "d"];
  const at = (target: string, id: string) =>
    panelsInOrder(ids, panelPut(usualLayout, { ids, section: "s" }, id, target));

  it("stands where the other stood", () => {
    expect(at("c", "a")).toEqual(["b", "c", "a", "d"]);
    expect(at("a", "d")).toEqual(["d", "a", "b", "c"]);
    expect(at("b", "b")).toEqual(ids);
  });

  it("goes to the section of the other", () => {
    const layout = panelPut(usualLayout, { ids, section: "s" }, "x", "b");
    expect(layout.panels.x).toEqual({ section: "s", after: "a" });
    expect(panelsInOrder([...ids, "x"], layout)).toEqual(["a", "x", "b", "c", "d"]);
  });

  it("puts sections, too", () => {
    expect(sectionPut(usualLayout, ids, "d", "b").order).toEqual(["a", "d", "b", "c"]);
    expect(sectionPut(usualLayout, ids, "none", "b")).toBe(usualLayout);
  });
});
