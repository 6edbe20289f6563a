import { expect, it } from "vitest";
import type { GroupFrame } from "../../api/frame";
import type { Run } from "../../api/types";
import { groupLinesOf } from "./group-lines";
import { groupRuns } from "./groups";

const runs = [1, 2, 3].map(
  (n) =>
    ({
      id: `run-${n}`,
      created_at: n,
      color: n,
      tags: [],
      config: { lr: n % 2 },
    }) as unknown as Run,
);
const frame: GroupFrame = {
  type: "groups",
  key: "loss",
  x: "step",
  width: 1,
  group: ["config.lr"],
  series: [
    {
      group: [1],
      runs: ["run-1", "run-3"],
      n: 2,
      columns: {
        x: Float64Array.of(0, 1),
        low: Float64Array.of(0, 1),
        high: Float64Array.of(4, 5),
        mean: Float64Array.of(2, 3),
        std: Float64Array.of(1, 1),
        run_count: Uint32Array.of(2, 2),
        count: Uint32Array.of(2, 2),
      },
    },
  ],
};
const content = { title: "loss", keys: ["loss"], expression: null };
const curves = { groups: (key: string) => (key === "loss" ? frame : null) };

it("draws a group in the colour of its first run, with its spread", () => {
  const groups = groupRuns(runs, ["config.lr"]);
  const view = { center: "mean", spread: "std" } as const;
  const [line, ...others] = groupLinesOf({ curves, content, groups, view });
  expect(others).toEqual([]);
  expect(line?.name).toBe("lr: 1");
  expect(line?.group).toBe(groups.find(({ color }) => color === 1)?.id);
  expect([...(line?.y ?? [])]).toEqual([2, 3]);
  expect([...(line?.spreadLow ?? [])]).toEqual([1, 2]);
  expect([...(line?.high ?? [])]).toEqual([4, 5]);
});

it("draws no band where none is wanted, and no group that nobody knows", () => {
  const view = { center: "mean", spread: "none" } as const;
  const groups = groupRuns(runs, ["config.lr"]);
  expect(groupLinesOf({ curves, content, groups, view })[0]).not.toHaveProperty("low");
  expect(groupLinesOf({ curves, content, groups: [], view })).toEqual([]);
});
