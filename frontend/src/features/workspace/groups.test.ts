import { describe, expect, it } from "vitest";
import type { Run } from "../../api/types";
import { groupingOf, groupRuns } from "./groups";

const run = (n: number, config: Run["config"], more: Partial<Run> = {}): Run =>
  ({ id: `run-${n}`, name: `run ${n}`, created_at: n, color: n, tags: [], config, ...more }) as Run;

const runs = [
  run(4, { lr: 0.1, seed: 2, opt: { name: "adam" } }),
  run(3, { lr: 0.01, seed: 2, opt: { name: "adam" } }),
  run(2, { lr: 0.1, seed: 1, opt: { name: "adam" } }),
  run(1, { lr: 0.01, seed: 1, opt: { name: "adam" } }),
];

describe("groups of runs", () => {
  it("are asked for as the server takes them", () => {
    expect(groupingOf(["config.lr", "group"])).toEqual({ group: ["config.lr", "group"] });
    expect(groupingOf(["!seed"])).toEqual({ group_except: ["seed"] });
    expect(groupingOf(["group", "!"])).toEqual({ group: ["group"], group_except: [] });
  });

  it("are runs with the same values, in the colour of the first of them", () => {
    const groups = groupRuns(runs, ["config.lr"]);
    expect(groups.map(({ label, color }) => [label, color])).toEqual([
      ["lr: 0.1", 2],
      ["lr: 0.01", 1],
    ]);
    expect(groups[0]?.runs.map(({ id }) => id)).toEqual(["run-4", "run-2"]);
    const more = groupRuns([run(5, { lr: 0.1 }), ...runs], ["config.lr"]);
    expect(more.map(({ color }) => color)).toEqual([2, 1]);
  });

  it("are told apart by all of the config but what does not matter", () => {
    const groups = groupRuns(runs, ["!seed"]);
    expect(groups.map(({ label }) => label)).toEqual(["lr: 0.1", "lr: 0.01"]);
    expect(groupRuns(runs, ["!"])).toHaveLength(4);
    expect(groupRuns(runs, ["!seed", "!lr"])[0]?.label).toBe("All runs");
  });

  it("take a whole mapping, and what is not there, as values", () => {
    expect(groupRuns(runs, ["config.opt"])).toHaveLength(1);
    expect(groupRuns(runs, ["config.none"])[0]?.label).toBe("none: –");
    const tagged = [run(1, {}, { tags: ["b", "a"] }), run(2, {}, { tags: ["a", "b"] })];
    expect(groupRuns(tagged, ["tags"])[0]?.label).toBe("tags: a · b");
  });
});
