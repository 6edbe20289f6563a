import { describe, expect, it } from "vitest";
import { type CurveEvent, Curves, type Question } from "./curves";
import { type CurveFrame, decode } from "./frame";
import { curve } from "./frame-fixture";
import type { Handle, Subscription } from "./live";
import type { TailFrame } from "./live-frame";

/** A server in a few lines: it answers with a curve of three points for every run asked for. */
function world() {
  const asked: Question[] = [];
  const told: Subscription = { project: "", runs: [], keys: [] };
  let fail = false;
  async function* ask(question: Question) {
    asked.push(question);
    if (fail) throw new Error("no answer");
    for (const key of question.keys) {
      const frames = question.runs.map(
        (run) => decode(curve(key, run, [3, 2, 1]).slice().buffer as ArrayBuffer) as CurveFrame,
      );
      yield { ...frames[0], series: frames.flatMap((frame) => frame.series) } as CurveFrame;
    }
  }
  const subscribe = (subscription: Subscription): Handle => {
    Object.assign(told, subscription);
    return { update: (change) => Object.assign(told, change), close: () => undefined };
  };
  const curves = new Curves({ project: "o/p", x: "step", buckets: 400, ask, subscribe });
  return {
    curves,
    asked,
    told,
    break: () => {
      fail = true;
    },
    mend: () => {
      fail = false;
    },
  };
}

function tail(run: string, key: string, start: number, values: number[]): TailFrame {
  const step = Float64Array.from(values, (_, i) => start + i);
  const value = Float64Array.from(values);
  return {
    type: "tail",
    id: "s1",
    project: "o/p",
    series: [{ run, key, start, n: values.length, step, time: step, value }],
  };
}

const settled = () => new Promise((done) => setTimeout(done, 60));
const runs = (...ids: string[]) => ids.map((id) => ({ id, startedAt: 0 }));

describe("the curves of a project", () => {
  it("asks once for all panels that appear together", async () => {
    const { curves, asked } = world();
    curves.setRuns(runs("a", "b"));
    curves.want("loss", () => undefined);
    curves.want("acc", () => undefined);
    await settled();
    expect(asked.map(({ keys, runs: ids }) => [keys, ids])).toEqual([
      [
        ["loss", "acc"],
        ["a", "b"],
      ],
    ]);
    expect(curves.line("acc", "b")?.lastValue).toBe(1);
  });

  it("asks only for the run that joins, and for nothing when it is shown again", async () => {
    const { curves, asked } = world();
    curves.want("loss", () => undefined);
    curves.setRuns(runs("a"));
    await settled();
    curves.setRuns(runs("a", "b"));
    await settled();
    curves.setRuns(runs("a"));
    curves.setRuns(runs("a", "b"));
    await settled();
    expect(asked.map((question) => question.runs)).toEqual([["a"], ["b"]]);
  });

  it("goes on live from what the curve had seen", async () => {
    const { curves, told } = world();
    const events: CurveEvent[] = [];
    curves.setRuns(runs("a"));
    curves.want("loss", (event) => events.push(event));
    await settled();
    expect(told.keys).toEqual(["loss"]);
    expect(told.cursors?.()).toEqual({ a: { loss: 3 } });
    told.onTail?.(tail("a", "loss", 3, [0.5]));
    expect(events.map((event) => event.type)).toEqual(["changed", "grown"]);
    expect(curves.line("loss", "a")?.lastValue).toBe(0.5);
    expect(told.cursors?.()).toEqual({ a: { loss: 4 } });
  });

  it("draws a line anew when points are missing in between, and keeps the old one till then", async () => {
    const { curves, told, asked } = world();
    curves.setRuns(runs("a"));
    curves.want("loss", () => undefined);
    await settled();
    told.onTail?.(tail("a", "loss", 9, [0.5]));
    expect(curves.line("loss", "a")?.lastValue).toBe(1);
    await settled();
    expect(asked).toHaveLength(2);
  });

  it("tells the panel when its curve cannot be had, and tries again when asked", async () => {
    const place = world();
    const events: string[] = [];
    place.break();
    place.curves.setRuns(runs("a"));
    place.curves.want("loss", (event) => events.push(event.type));
    await settled();
    expect(events).toEqual(["failed"]);
    place.mend();
    place.curves.retry("loss");
    await settled();
    expect(events).toEqual(["failed", "changed"]);
  });

  it("asks for a zoomed span in the API's units", async () => {
    const asked: Question[] = [];
    // biome-ignore lint/correctness/useYield: this server has no curves at all
    async function* ask(question: Question): AsyncGenerator<CurveFrame> {
      asked.push(question);
    }
    const span = { first: 1.5, last: 2 };
    const curves = new Curves({ project: "o/p", x: "wall", buckets: 400, span, ask });
    curves.setRuns(runs("a"));
    curves.want("loss", () => undefined);
    await settled();
    expect([asked[0]?.first, asked[0]?.last]).toEqual([1_500_000, 2_000_000]);
    curves.close();
  });
});
