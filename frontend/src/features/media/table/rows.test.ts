import { describe, expect, it } from "vitest";
import type { Json } from "../../../api/types";
import { csv, EVERYTHING, joined, ordered, readPart, type View } from "./rows";

const image = { _type: "image-file", path: "media/a.png", caption: "cat" };

function table(rows: Json[][], types?: Json[]) {
  const columns = (rows[0] ?? []).map((_, at) => `c${at}`);
  return joined([readPart(JSON.stringify({ columns, data: rows, types }))]);
}

const view = (change: Partial<View>): View => ({ ...EVERYTHING, ...change });
const shown = (rows: Json[][], change: Partial<View>, types?: Json[]) => [
  ...ordered(table(rows, types), view(change)),
];

describe("a table", () => {
  it("knows what its columns hold, said or seen", () => {
    const rows = [[1, "a", true, image, [1], null]];
    expect(table(rows).columns.map(({ kind }) => kind)).toEqual([
      "number",
      "string",
      "boolean",
      "media",
      "any",
      "any",
    ]);
    expect(table([["NaN"]], ["number"]).columns[0]?.kind).toBe("number");
  });

  it("that grew is its parts, one behind the other", () => {
    const part = (data: Json[][]) => readPart(JSON.stringify({ columns: ["a"], data }));
    expect(joined([part([[1]]), part([[2], [3]])]).rows).toEqual([[1], [2], [3]]);
  });

  it("is refused where a file holds none", () => {
    for (const text of ["null", "[]", '{"columns": 1}']) {
      expect(() => readPart(text)).toThrow("no table");
    }
  });
});

describe("the order of rows", () => {
  const numbers = [[3], ["NaN"], [-1], [null], ["Infinity"], [2]];
  it("is that of numbers, with what is none at the end either way", () => {
    const up = { column: 0, descending: false };
    expect(shown(numbers, { sort: up }, ["number"])).toEqual([2, 5, 0, 4, 1, 3]);
    const down = { column: 0, descending: true };
    expect(shown(numbers, { sort: down }, ["number"])).toEqual([4, 0, 5, 2, 1, 3]);
  });

  it("counts in words as people do, and keeps equals as they stood", () => {
    const sort = { column: 0, descending: false };
    expect(shown([["a10"], ["a9"], ["b"], ["a9"]], { sort })).toEqual([1, 3, 0, 2]);
  });

  it("puts numbers before words in a mixed column", () => {
    const sort = { column: 0, descending: false };
    expect(shown([["x"], [5], [null], ["a"], [1]], { sort })).toEqual([4, 1, 3, 0, 2]);
  });
});

describe("a filter", () => {
  const rows = [
    [1, "Cat", image],
    [2, "dog", null],
    [3, "catfish", null],
  ];
  it.each<[Partial<View>, number[]]>([
    [{ text: "cat" }, [0, 2]],
    [{ text: "a.png" }, [0]],
    [{ filters: [[0, "> 1"]] }, [1, 2]],
    [{ filters: [[0, ">=2"]] }, [1, 2]],
    [{ filters: [[0, "1..2"]] }, [0, 1]],
    [{ filters: [[0, "!= 2"]] }, [0, 2]],
    [{ filters: [[1, "> 1"]] }, []],
    [
      {
        filters: [
          [0, "> 1"],
          [1, "cat"],
        ],
      },
      [2],
    ],
    [{ filters: [[1, ""]] }, [0, 1, 2]],
    [{ filters: [[9, "x"]] }, []],
  ])("%j leaves %j", (change, left) => {
    expect(shown(rows, change)).toEqual(left);
  });
});

it("CSV holds what is shown, quoted where it must be, and no formula", () => {
  const rows = [
    ['say "hi", twice', 1e-7, "=HYPERLINK(1)", "-5", image],
    ["line\nbreak", null, "@x", true, { a: [1] }],
  ];
  const all = table(rows as Json[][]);
  expect(csv(all, Int32Array.of(1, 0))).toBe(
    [
      "c0,c1,c2,c3,c4",
      '"line\nbreak",,\'@x,true,"{""a"":[1]}"',
      '"say ""hi"", twice",1e-7,\'=HYPERLINK(1),-5,cat media/a.png',
      "",
    ].join("\r\n"),
  );
});
