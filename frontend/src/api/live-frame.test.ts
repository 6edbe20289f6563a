import { describe, expect, it } from "vitest";
import { FrameError } from "./frame";
import { packLive } from "./frame-fixture";
import { decodeLive, type LastFrame, type TailFrame } from "./live-frame";

const tail = () =>
  packLive(
    { type: "tail", id: "s1", project: "a/b", runs: ["r1", "r2"], keys: ["loss", "acc"] },
    {
      series: {
        run: ["u32", [0, 1, 1]],
        key: ["u32", [0, 0, 1]],
        start: ["f64", [7, 2 ** 53 - 1, 0]],
        count: ["u32", [2, 0, 1]],
      },
      points: {
        step: ["f64", [1, 2, 3]],
        time: ["f64", [10, 20, 30]],
        value: ["f64", [0.1 + 0.2, Number.NaN, Number.POSITIVE_INFINITY]],
      },
    },
  );

describe("a live frame", () => {
  it("gives each series its own points, with every digit, NaN and infinities", () => {
    const frame = decodeLive(tail()) as TailFrame;
    expect(frame).toMatchObject({ type: "tail", id: "s1", project: "a/b" });
    expect(frame.series.map(({ run, key, start, n }) => [run, key, start, n])).toEqual([
      ["r1", "loss", 7, 2],
      ["r2", "loss", 2 ** 53 - 1, 0],
      ["r2", "acc", 0, 1],
    ]);
    expect(frame.series.map(({ value }) => [...value])).toEqual([
      [0.1 + 0.2, Number.NaN],
      [],
      [Number.POSITIVE_INFINITY],
    ]);
    expect([...(frame.series[2]?.step ?? []), ...(frame.series[2]?.time ?? [])]).toEqual([3, 30]);
  });

  it("gives last values run by run", () => {
    const groups = [
      { runs: ["r1", "r2"], keys: ["loss", "acc"] },
      { runs: ["r3"], keys: ["loss"] },
    ];
    const bytes = packLive(
      { type: "last", project: "a/b", groups },
      { values: { value: ["f64", [1, 2, 3, 4, 5]] } },
    );
    const { values } = decodeLive(bytes) as LastFrame;
    expect(values.map(({ run, keys, values }) => [run, keys, [...values]])).toEqual([
      ["r1", ["loss", "acc"], [1, 2]],
      ["r2", ["loss", "acc"], [3, 4]],
      ["r3", ["loss"], [5]],
    ]);
  });

  it("is refused when it is cut off or of an unknown type", () => {
    expect(() => decodeLive(tail().slice(0, -8))).toThrow(FrameError);
    expect(() => decodeLive(packLive({ type: "song" }, {}))).toThrow("unknown frame song");
  });
});
