import { expect, test } from "vitest";
import { leaf, leaves } from "./columns";

test("a column finds the values that a run has, nested ones too", () => {
  expect(leaf({ optimizer: { lr: 0.1 } }, "optimizer.lr")).toBe(0.1);
  expect(leaf({ "optimizer.lr": 0.2, optimizer: { lr: 0.1 } }, "optimizer.lr")).toBe(0.2);
});

test("a column has no value where every object has one", () => {
  const map = JSON.parse('{"a": {"b": 1}}');
  for (const key of ["__proto__", "constructor", "toString", "a.__proto__", "a.constructor"]) {
    expect(leaf(map, key)).toBeUndefined();
  }
  expect(leaf(JSON.parse('{"__proto__": 1}'), "__proto__")).toBe(1);
  expect(leaves(JSON.parse('{"__proto__": 1}'))).toEqual(["__proto__"]);
});
