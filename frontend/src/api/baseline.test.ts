import { beforeEach, describe, expect, it } from "vitest";
import { askBaseline, baselineOf, leave, takeBaseline } from "./baseline";

const place = { owner: "ada", project: "digits" };

beforeEach(() => localStorage.clear());

describe("the baseline of a project", () => {
  it("is what the workspace was left with", () => {
    expect(baselineOf(place)).toBeNull();
    leave("ada/digits", "x=wall&base=a1");
    expect(baselineOf(place)).toBe("a1");
  });

  it("is what another page asked for, which the workspace takes up once", () => {
    leave("ada/digits", "base=a1");
    askBaseline(place, "b2");
    expect(baselineOf(place)).toBe("b2");
    expect(takeBaseline("ada/digits")).toBe("b2");
    expect(takeBaseline("ada/digits")).toBeUndefined();
  });

  it("can be taken away", () => {
    leave("ada/digits", "base=a1");
    askBaseline(place, null);
    expect(baselineOf(place)).toBeNull();
    expect(takeBaseline("ada/digits")).toBeNull();
  });
});
