import { expect, test } from "vitest";
import type { Run } from "../../api/types";
import type { RunColumn } from "./columns";
import { and, wrongWith } from "./conditions";
import { conditionsFor } from "./menus";
import { patchOf } from "./useEditing";
import { undoing } from "./useMany";
import { readSorts, sortedBy, writeSorts } from "./useTable";

test("a change of many is taken back run by run, or not offered to be", () => {
  const before = [
    { id: "a", tags: ["x"], group: null },
    { id: "b", tags: [], group: "old" },
  ];
  expect(undoing({ changed: 2, before }, { add_tags: ["x"] })).toEqual([
    { do: "change", runs: ["b"], change: { remove_tags: ["x"] } },
  ]);
  expect(undoing({ changed: 2, before }, { group: "new" })).toEqual([
    { do: "change", runs: ["a"], change: { group: null } },
    { do: "change", runs: ["b"], change: { group: "old" } },
  ]);
  expect(undoing({ changed: 3, before }, { group: "new" })).toBeNull();
});

test("a cell says by which conditions it can be found, and each is one", () => {
  const run = { tags: ["a b"] } as Run;
  const of = (id: string, value: unknown) =>
    conditionsFor(run, { id, value: () => value } as unknown as RunColumn);
  expect(of("config.lr", 0.1)).toEqual([["config.lr = 0.1", "config.lr != 0.1"]]);
  expect(of("config.a b", "0.1")[0]?.[0]).toBe('config."a b" = "0.1"');
  expect(of("config.x", undefined)).toEqual([["config.x missing", "config.x exists"]]);
  expect(of("tags", "a b")[0]).toEqual(['tags has "a b"', 'not tags has "a b"']);
  for (const pair of [...of("config.a b", 'say "hi"'), ...of("tags", "")]) {
    for (const text of pair) expect(wrongWith(text)).toBeNull();
  }
  expect(and("state = failed or tags has x", "id = a")).toBe(
    "(state = failed or tags has x) and id = a",
  );
});

test("orders are written and read, and a click with shift adds one", () => {
  const sorts = readSorts("-created_at,config.a%2Cb");
  expect(sorts).toEqual([
    { column: "created_at", descending: true },
    { column: "config.a,b", descending: false },
  ]);
  expect(writeSorts(sorts)).toBe("-created_at,config.a%2Cb");
  expect(sortedBy(sorts, { column: "name", descending: true }, false)).toHaveLength(1);
  expect(sortedBy(sorts, { column: "name", descending: true }, true)).toHaveLength(3);
});

test("what is typed into a cell is what the run gets", () => {
  expect(patchOf("tags", "a, b,, a")).toEqual({ tags: ["a", "b"] });
  expect(patchOf("notes", "  ")).toEqual({ notes: null });
});
