import { describe, expect, it } from "vitest";
import type { Question } from "./curves";
import { decode, type GroupFrame } from "./frame";
import { pack } from "./frame-fixture";
import { GroupCurves, groupId, groupName } from "./group-curves";
import { aggregatesFor, groupColumns, student } from "./spread";

function frame(key: string, runs: string[]): GroupFrame {
  const columns = {
    x: ["f64", [0, 1]] as ["f64", number[]],
    run_count: ["u32", [4, 1]] as ["u32", number[]],
    low: ["f64", [0, 3]] as ["f64", number[]],
    high: ["f64", [9, 3]] as ["f64", number[]],
    count: ["f64", [8, 1]] as ["f64", number[]],
    mean: ["f64", [5, 3]] as ["f64", number[]],
    stderr: ["f64", [1, Number.NaN]] as ["f64", number[]],
    "q0.25": ["f64", [4, 3]] as ["f64", number[]],
    "q0.75": ["f64", [6, 3]] as ["f64", number[]],
  };
  const fields = { group: [0.1, "sgd"], runs, n: 2 };
  const header = { type: "groups", key, x: "step", width: 1, group: ["config.lr", "config.opt"] };
  const bytes = pack(header, [{ fields, columns }]);
  return decode(bytes.slice().buffer as ArrayBuffer) as GroupFrame;
}

const settled = () => new Promise((done) => setTimeout(done, 60));
const runs = (...ids: string[]) => ids.map((id) => ({ id, startedAt: 0 }));

describe("a frame of groups", () => {
  const { series, group } = frame("loss", ["a", "b"]);
  const [one] = series;
  if (!one) throw new Error("no group");

  it("names what its runs have in common", () => {
    expect(groupName(group, one)).toBe("lr: 0.1, opt: sgd");
    expect(groupId(one)).toBe('[0.1,"sgd"]');
    expect(groupName([], { ...one, group: [] })).toBe("all");
  });

  it("gives the middle, and extremes whatever is drawn around it", () => {
    const columns = groupColumns(one, "mean", "quantiles");
    expect([...columns.y]).toEqual([5, 3]);
    expect([...columns.low, ...columns.high]).toEqual([0, 3, 9, 3]);
    expect([...(columns.spreadLow ?? []), ...(columns.spreadHigh ?? [])]).toEqual([4, 3, 6, 3]);
    expect([...columns.members]).toEqual([4, 1]);
  });

  it("gives no confidence of a single run", () => {
    const { spreadLow, spreadHigh } = groupColumns(one, "mean", "ci");
    expect(spreadLow?.[0]).toBeCloseTo(5 - 3.18245, 4);
    expect(spreadHigh?.[0]).toBeCloseTo(5 + 3.18245, 4);
    expect(spreadLow?.[1]).toBeNaN();
  });

  it("asks for what it draws", () => {
    expect(aggregatesFor("median", "ci")).toEqual({
      aggregates: ["median", "mean", "stderr"],
      quantiles: [],
    });
    expect(aggregatesFor("mean", "quantiles").quantiles).toEqual([0.25, 0.75]);
  });
});

it.each([
  [5, 2.5706],
  [9, 2.2622],
  [30, 2.0423],
  [120, 1.9799],
])("Student's t with %i degrees of freedom", (freedom, wanted) => {
  expect(student(freedom)).toBeCloseTo(wanted, 3);
});

describe("the curves of groups", () => {
  function world() {
    const asked: Question[] = [];
    async function* ask(question: Question) {
      asked.push(question);
      for (const key of question.keys) yield frame(key, question.runs);
    }
    const curves = new GroupCurves({
      project: "o/p",
      x: "metric",
      xKey: "epoch",
      buckets: 400,
      group: ["config.lr"],
      aggregates: ["mean"],
      ask,
    });
    return { curves, asked };
  }

  it("asks once for all panels, over the metric and by the fields", async () => {
    const { curves, asked } = world();
    curves.setRuns(runs("a", "b"));
    curves.want("loss", () => undefined);
    curves.want("acc", () => undefined);
    await settled();
    expect(asked).toHaveLength(1);
    expect(asked[0]).toMatchObject({ keys: ["loss", "acc"], group: ["config.lr"], x_key: "epoch" });
    expect(curves.groups("acc")?.series[0]?.runs).toEqual(["a", "b"]);
    expect(curves.loading("acc")).toBe(false);
  });

  it("draws anew when other runs are shown, and keeps the old picture until then", async () => {
    const { curves, asked } = world();
    curves.setRuns(runs("a", "b"));
    curves.want("loss", () => undefined);
    await settled();
    curves.setRuns(runs("a"));
    expect(curves.loading("loss")).toBe(true);
    expect(curves.groups("loss")).not.toBeNull();
    await settled();
    expect(asked).toHaveLength(2);
    expect(curves.groups("loss")?.series[0]?.runs).toEqual(["a"]);
  });
});
