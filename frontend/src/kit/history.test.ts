import { afterEach, describe, expect, it } from "vitest";
import { DEPTH, keepHistory, noHistory, readHistory, redone, remembered, undone } from "./history";

afterEach(() => sessionStorage.clear());

describe("what went before", () => {
  it("is undone and redone step by step", () => {
    const one = remembered(noHistory, { x: "rel" }, "clip", false, 0);
    const back = undone(one, { x: "rel", clip: "1" });
    expect(back?.state).toEqual({ x: "rel" });
    const again = back && redone(back.history, back.state);
    expect(again?.state).toEqual({ x: "rel", clip: "1" });
    expect(again?.history.past).toEqual([{ x: "rel" }]);
  });

  it("counts a drag as one step, and another as another", () => {
    let history = remembered(noHistory, {}, "smooth", true, 0);
    history = remembered(history, { smooth: "ema:0.1" }, "smooth", true, 40);
    expect(history.past).toEqual([{}]);
    history = remembered(history, { smooth: "ema:0.2" }, "smooth", true, 5000);
    expect(history.past).toHaveLength(2);
  });

  it("is fifty deep", () => {
    let history = noHistory;
    for (let i = 0; i < 70; i += 1) history = remembered(history, { q: `${i}` }, "q", false, i);
    expect(history.past).toHaveLength(DEPTH);
    expect(history.past[0]).toEqual({ q: "20" });
  });

  it("outlives a reload, and is nothing where what was kept is broken", () => {
    keepHistory("ann/p", remembered(noHistory, { log: "y" }, "log", false, 0));
    expect(readHistory("ann/p").past).toEqual([{ log: "y" }]);
    sessionStorage.setItem("wanllmdb.history.ann/p", "{");
    expect(readHistory("ann/p")).toEqual(noHistory);
  });
});
