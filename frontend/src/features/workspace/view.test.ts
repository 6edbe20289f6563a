import { describe, expect, it } from "vitest";
import { readView, shownRuns, toggled, writeView } from "./view";

const usual = readView({});

describe("the view in the URL", () => {
  it("is empty when all is as usual", () => {
    expect(Object.values(writeView(usual)).filter((value) => value !== undefined)).toEqual([]);
  });

  it("comes back as it was written", () => {
    const view = {
      ...usual,
      x: "relative" as const,
      smooth: 0.6,
      logY: true,
      clip: true,
      find: "train/",
      q: "lr",
      regex: true,
      latest: 50,
      hide: new Set(["a", "b"]),
      panel: "train/loss",
      group: ["config.a,b", "!seed"],
      pins: ["a"],
      base: "b",
      layout: { ...usual.layout, removed: ["odd"] },
    };
    const search = writeView(view);
    expect(search).toMatchObject({ x: "rel", smooth: "ema:0.6", log: "y", hide: "a,b" });
    expect(readView(search)).toEqual(view);
  });

  it("tells no run from every run", () => {
    expect(readView(writeView({ ...usual, sel: new Set() })).sel?.size).toBe(0);
    expect(readView(writeView(usual)).sel).toBeNull();
  });

  it.each([
    { x: "sideways" },
    { smooth: "ema:NaN" },
    { smooth: "7" },
    { latest: "-3" },
    { log: "z" },
  ])("ignores what it does not understand: %o", (search) => {
    expect(readView(search)).toEqual(usual);
  });
});

describe("which runs are shown", () => {
  const runs = ["d", "c", "b", "a"].map((id) => ({ id })); // newest first
  const two = { ...usual, latest: 2 };

  it("are the newest, less those hidden, and those added", () => {
    expect([...shownRuns(runs, two)]).toEqual(["d", "c"]);
    expect([...shownRuns(runs, toggled(two, "d", true))]).toEqual(["c"]);
    expect([...shownRuns(runs, toggled(two, "a", false))]).toEqual(["d", "c", "a"]);
  });

  it("are the same again when one is hidden and shown", () => {
    const back = toggled(toggled(two, "d", true), "d", false);
    expect([...shownRuns(runs, back)]).toEqual(["d", "c"]);
    const gone = toggled(toggled(two, "a", false), "a", true);
    expect([...shownRuns(runs, gone)]).toEqual(["d", "c"]);
  });

  it("are exactly the selected ones when there is a selection", () => {
    const view = { ...two, sel: new Set(["b"]) };
    expect([...shownRuns(runs, view)]).toEqual(["b"]);
    expect([...shownRuns(runs, toggled(view, "a", false))]).toEqual(["b", "a"]);
  });
});
