import { describe, expect, it } from "vitest";
import { difference, isEdited, merged } from "./spelling";

describe("a state over a saved view", () => {
  const base = { x: "rel", log: "y" };

  it.each([[{ x: "rel", log: "y" }], [{ x: "wall", log: "y", clip: "1" }], [{ log: "y" }], [{}]])(
    "comes back from the URL: %o",
    (state) => {
      expect(merged(base, difference(base, state))).toEqual(state);
    },
  );

  it("is spelled as what is other", () => {
    expect(difference(base, base)).toEqual({});
    expect(difference(base, { x: "wall" })).toEqual({ x: "wall", log: "~" });
  });

  it("is no edit where something is looked at for the moment", () => {
    expect(isEdited(base, { ...base, panel: "loss", find: "tr" })).toBe(false);
    expect(isEdited(base, { ...base, clip: "1" })).toBe(true);
  });
});
