import { expect, it } from "vitest";
import { Line } from "../../api/line";
import type { Run } from "../../api/types";
import { readOut } from "./readout";

const run = (id: string, summary: Run["summary"] = {}) => ({ id, summary }) as Run;

function line(values: number[], kind: typeof Float64Array | typeof Float32Array = Float64Array) {
  const x = Float64Array.from(values, (_, i) => i);
  const value = kind.from(values) as Float32Array;
  const columns = { x, last: value, low: value, high: value, mean: value };
  return new Line({ run: "", n: values.length, logged: values.length, columns }, 1);
}

function ask(key: string, lines: Record<string, Line>, focused: string | null = null, full = {}) {
  const runs = Object.keys(lines).map((id) => run(id, full));
  return readOut({
    curves: { line: (_, id) => lines[id] ?? null },
    runs,
    shown: new Set(Object.keys(lines)),
    focused,
    key,
    version: 0,
  });
}

it("of one run, the last value is said", () => {
  expect(ask("loss", { a: line([3, 1, 2]) })).toMatchObject({ what: "last", value: 2 });
});

it("of many runs, the best is said where better has a direction", () => {
  const lines = { a: line([3, 1, 2]), b: line([5, 4, 1.5]) };
  expect(ask("loss", lines)).toMatchObject({ what: "best", value: 1, run: { id: "a" } });
  expect(ask("acc", lines)).toMatchObject({ what: "best", value: 5, run: { id: "b" } });
  expect(ask("lr", lines)).toBeNull();
});

it("of the focused run, the last value is said", () => {
  const lines = { a: line([3, 1, 2]), b: line([5, 4, 1.5]) };
  expect(ask("loss", lines, "b")).toMatchObject({ what: "last", value: 1.5, run: { id: "b" } });
});

it("a value that came as float32 is said with every digit that the run's summary has", () => {
  const lines = { a: line([1, 0.1], Float32Array) };
  expect(ask("loss", lines, null, { loss: 0.1 })?.value).toBe(0.1);
  expect(ask("loss", lines, null, { loss: 0.2 })?.value).toBe(Math.fround(0.1));
});
