import { expect, test } from "vitest";
import cases from "../../../tests/contracts/filter_language.json";
import {
  BadFilter,
  filterText,
  joined,
  meantAsFilter,
  parseFilter,
  partsOf,
  treeOf,
} from "./filter-language";

interface Case {
  text: string;
  tree?: unknown;
  error_column?: number;
}

const columnOf = (text: string): number | null => {
  try {
    parseFilter(text);
    return null;
  } catch (error) {
    if (error instanceof BadFilter) return error.column;
    throw error;
  }
};

test.each(cases as Case[])("$text", ({ text, tree, error_column }) => {
  if (error_column !== undefined) {
    expect(columnOf(text)).toBe(error_column);
    return;
  }
  const filter = parseFilter(text);
  expect(treeOf(filter)).toEqual(tree);
  expect(treeOf(parseFilter(filter ? filterText(filter) : ""))).toEqual(tree); // and back
});

test("what all must hold is shown part by part, and joined means the same", () => {
  const filter = parseFilter("config.lr > 1 and (tags has a or name ~ /x\\/y/i) and not id = b");
  const parts = partsOf(filter);
  expect(parts.map(filterText)).toEqual([
    "config.lr > 1",
    "tags has a or name ~ /x\\/y/i",
    "not id = b",
  ]);
  expect(treeOf(parseFilter(joined(parts)))).toEqual(treeOf(filter));
});

test("words to look for are told from filters", () => {
  for (const words of ["resnet 50", "in the end", "has tags", "exists", ""]) {
    expect(meantAsFilter(words)).toBe(false);
  }
  for (const text of ["lr=1", "tags has x", "not state in (a)", "config.lr exists"]) {
    expect(meantAsFilter(text)).toBe(true);
  }
});
