import { expect, it } from "vitest";
import { parseSearch, stringifySearch } from "./search";

it("a query reads as it is written, and back", () => {
  const search = { x: "wall", smooth: "ema:0.6", hide: "a1,b2", find: "train/loss", q: "lr & co" };
  const text = stringifySearch(search);
  expect(text).toBe("?x=wall&smooth=ema:0.6&hide=a1,b2&find=train/loss&q=lr+%26+co");
  expect(parseSearch(text)).toEqual(search);
});

it("what is unset leaves no trace", () => {
  expect(stringifySearch({ x: undefined, q: "" })).toBe("");
});
