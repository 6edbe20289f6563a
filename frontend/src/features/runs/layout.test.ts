import { expect, test } from "vitest";
import { changed, inOrder, moved, readColumns, writeColumns } from "./layout";

test("columns are read as they were written, whatever their keys are called", () => {
  const columns = [
    { id: "state" },
    { id: "config.a,b~c%2C", width: 140, pinned: true },
    { id: "summary.x", heat: true },
  ];
  expect(readColumns(writeColumns(columns))).toEqual(columns);
  expect(readColumns("state,,state,config.lr")).toEqual([{ id: "state" }, { id: "config.lr" }]);
});

test("a column is moved before another, and pinned ones come first", () => {
  const columns = readColumns("a,b,c");
  expect(writeColumns(moved(columns, "c", "a"))).toBe("c,a,b");
  expect(writeColumns(moved(columns, "a", "b"))).toBe("b,a,c");
  expect(writeColumns(inOrder(changed(columns, "c", { pinned: true })))).toBe("c~p,a,b");
});
