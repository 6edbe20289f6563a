import { describe, expect, it } from "vitest";
import type { Run } from "../../api/types";
import { finder } from "../../kit/sections";
import { diffRows, filtered, PARTS } from "./diff";

function run(id: string, config: Run["config"], summary: Run["summary"] = {}): Run {
  return { id, owner: "o", project: "p", config, summary, environment: {} } as unknown as Run;
}

const runs = [
  run("a", { lr: 0.1, net: { depth: 2, kind: "res" }, list: [1, 2] }, { loss: 1 }),
  run("b", { lr: 0.2, net: { depth: 2, kind: "vit" }, list: [1, 2] }, { loss: 1 }),
  run("c", { lr: 0.1, net: { depth: 2 }, list: [1, 2] }, { loss: 1 }),
];
const all = diffRows(runs, 0, new Set(PARTS));

describe("the difference of runs", () => {
  it("has a row for each leaf, measured against the baseline; what is missing differs", () => {
    expect(all.map((row) => row.id)).toEqual([
      "config.list",
      "config.lr",
      "config.net.depth",
      "config.net.kind",
      "summary.loss",
    ]);
    const kind = all.find((row) => row.key === "net.kind");
    expect(kind?.values).toEqual(["res", "vit", undefined]);
    expect(kind?.same).toEqual([true, false, false]);
    expect(all.filter((row) => row.differs).map((row) => row.key)).toEqual(["lr", "net.kind"]);
  });

  it("is searched by key and by value", () => {
    const found = (text: string, differing = false) =>
      filtered(all, { differing, matches: finder(text) }).map((row) => row.id);
    expect(found("net\\.(kind|depth)")).toEqual(["config.net.depth", "config.net.kind"]);
    expect(found("^vit$")).toEqual(["config.net.kind"]);
    expect(found("", true)).toEqual(["config.lr", "config.net.kind"]);
    expect(found("(")).toEqual([]); // no pattern: searched as it is written
  });

  it("takes a hundred runs of five hundred keys in a moment", () => {
    const many = Array.from({ length: 100 }, (_, n) =>
      run(String(n), Object.fromEntries(Array.from({ length: 500 }, (_, k) => [`k${k}`, n * k]))),
    );
    const rows = diffRows(many, 0, new Set(PARTS));
    expect(rows).toHaveLength(500);
    expect(rows.filter((row) => row.differs)).toHaveLength(499); // k0 is 0 everywhere
  });
});
