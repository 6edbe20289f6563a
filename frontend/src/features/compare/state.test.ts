import { describe, expect, it } from "vitest";
import {
  asKept,
  asShown,
  changedNames,
  readChoice,
  readHands,
  stateFrom,
  writeChoice,
  writeHands,
} from "./state";

const HERE = { owner: "ann", project: "vision" };

describe("the state of a comparison", () => {
  it("is what is known of a query", () => {
    const state = stateFrom({ ids: "a,b", tab: "diff", view: "v1", other: "x" });
    expect(state).toEqual({ ids: "a,b", tab: "diff" });
    expect(changedNames(state, { ids: "a,b", keys: "loss" })).toEqual(["tab", "keys"]);
  });

  it("is kept with whole names of runs and shown with short ones", () => {
    const state = { ids: "a,sam/nlp/b", base: "a", tab: "diff" };
    const kept = asKept(state, HERE);
    expect(kept).toEqual({ ids: "ann/vision/a,sam/nlp/b", base: "ann/vision/a", tab: "diff" });
    expect(asShown(kept, HERE)).toEqual(state);
    expect(asShown(kept, null)).toEqual(kept);
    expect(asKept({ tab: "diff" }, HERE)).toEqual({ tab: "diff" });
  });

  it("tells what is chosen from what is usual, whatever names are like", () => {
    for (const names of [["loss"], ["a,b", "50%", "%2C"], []]) {
      expect(readChoice(writeChoice(names))).toEqual(names);
    }
    expect(readChoice(undefined)).toBeNull();
  });

  it("keeps who is in which group", () => {
    const hands = new Map([
      ["ann/vision/a", "A"],
      ["sam/nlp/b", "B"],
    ]);
    expect(readHands(writeHands(hands), HERE)).toEqual(hands);
    expect(readHands("B~c,nonsense", HERE)).toEqual(new Map([["ann/vision/c", "B"]]));
    expect(writeHands(new Map([["ann/vision/a", ""]]))).toBeUndefined();
  });
});
