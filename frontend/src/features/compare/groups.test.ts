import { describe, expect, it } from "vitest";
import type { Run } from "../../api/types";
import { grouped, groupedByHand, groupers, pairers, questionOf } from "./groups";

function run(id: string, model: string, seed: number): Run {
  const fields = { owner: "o", project: "p", group: null, job_type: null, user: "u" };
  return { ...fields, id, state: "finished", config: { model, seed } } as unknown as Run;
}

const runs = [run("a", "res", 1), run("b", "res", 2), run("c", "vit", 1), run("d", "vit", 2)];

describe("groups of runs", () => {
  it("are made by a setting, in the order of its values", () => {
    const made = grouped(runs, "config.model");
    expect(made.map(({ name, runs }) => [name, runs.map(({ id }) => id)])).toEqual([
      ["res", ["a", "b"]],
      ["vit", ["c", "d"]],
    ]);
    expect(grouped(runs, "group")).toEqual([]);
  });

  it("are offered by what makes two or more of them; seeds pair", () => {
    expect(groupers(runs)).toEqual(["config.model", "config.seed"]);
    expect(pairers(runs)).toEqual(["config.seed", "config.model"]);
  });

  it("are made by hand, and asked about by name", () => {
    const hands = new Map([
      ["o/p/a", "B"],
      ["o/p/d", "A"],
    ]);
    const groups = groupedByHand(runs, hands);
    const asked = questionOf({ groups, keys: ["loss"], value: "min", pairedBy: "config.seed" });
    expect(asked).toEqual({
      groups: [
        { name: "A", runs: ["o/p/d"] },
        { name: "B", runs: ["o/p/a"] },
      ],
      keys: ["loss"],
      value: "min",
      confidence: 0.95,
      paired_by: "config.seed",
    });
  });
});
