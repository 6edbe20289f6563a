import { expect, test } from "vitest";
import { reach } from "./layout";
import { Line } from "./line";
import { defaultOptions } from "./options";
import { paint } from "./painter";
import { Recorder } from "./recorder";
import type { Scene } from "./scene";
import { lightTheme } from "./theme";
import type { LineData, PanelOptions } from "./types";

const BLUE = "#0000ff";
const RED = "#ff0000";

interface Given extends Partial<LineData> {
  readonly values: readonly number[];
}

function line({ values, ...more }: Given): Line {
  return new Line({
    id: "a",
    name: "a",
    color: BLUE,
    x: Float64Array.from(values, (_, i) => i),
    y: Float64Array.from(values),
    ...more,
  });
}

function painted(
  lines: readonly Line[],
  more: Partial<PanelOptions> = {},
  scene: Partial<Scene> = {},
): { readonly surface: Recorder; readonly layout: ReturnType<typeof paint> } {
  const options = { ...defaultOptions, ...more };
  const surface = new Recorder();
  const layout = paint(surface, {
    width: 360,
    height: 186,
    ratio: 1,
    theme: lightTheme,
    options,
    lines,
    reach: reach(lines, options, null),
    focus: null,
    hidden: new Set(),
    zone: () => 0,
    hairlines: false,
    ...scene,
  });
  return { surface, layout };
}

const many = (count: number): Line[] =>
  Array.from({ length: count }, (_, i) => line({ id: `l${i}`, values: [i, i + 1], color: BLUE }));

test("a line is one stroke through its points", () => {
  const { surface, layout } = painted([line({ values: [1, 2, 4] })]);
  const [stroke] = surface.of(BLUE);
  const wanted = [1, 2, 4].flatMap((y, x) => [layout.x.map(x), layout.y.map(y)]);
  stroke?.runs[0]?.forEach((at, i) => {
    expect(at).toBeCloseTo(wanted[i] as number, 3);
  });
  expect(surface.of(BLUE)).toHaveLength(1);
});

test("a gap breaks the line, and a lone point between gaps is a dot", () => {
  const { surface } = painted([line({ values: [1, 2, Number.NaN, 3, Number.NaN, 4, 5] })]);
  const [stroke] = surface.of(BLUE);
  expect(stroke?.runs.filter((run) => run.length > 2)).toHaveLength(2);
  expect(surface.fills.flatMap((fill) => fill.circles)).toHaveLength(1);
});

test("a line of a single point can be seen", () => {
  const { surface } = painted([line({ values: [3] })]);
  expect(surface.fills.filter((fill) => fill.circles.length === 1)).toHaveLength(1);
});

test("NaN and both infinities leave a mark at the frame's edge", () => {
  const values = [1, Number.NaN, 2, Number.POSITIVE_INFINITY, 3, Number.NEGATIVE_INFINITY, 4];
  const { surface, layout } = painted([line({ values })]);
  const { top, height } = layout.frame.plot;
  const tips = surface.fills.flatMap(({ runs }) => runs.map((run) => run[1]));
  expect(tips).toContain(top - 1);
  expect(tips).toContain(top + height);
  expect(surface.of(BLUE).some(({ runs }) => runs.length === 2 && runs[0]?.length === 4)).toBe(
    true,
  );
});

test("marks that came with the buckets are drawn like those in the values", () => {
  const marks = { x: Float64Array.of(1), kind: Uint8Array.of(1) };
  const { surface, layout } = painted([line({ values: [1, 2, 3], marks })]);
  expect(surface.fills.flatMap(({ runs }) => runs.map((run) => run[1]))).toContain(
    layout.frame.plot.top - 1,
  );
});

test("zero on a log axis is marked at the bottom, not forgotten", () => {
  const { surface, layout } = painted([line({ values: [1, 0, 10] })], { yScale: "log" });
  const { top, height } = layout.frame.plot;
  expect(surface.fills.flatMap(({ runs }) => runs.map((run) => run[1]))).toContain(top + height);
});

test("the focused line is widest, painted last, and the others are dimmed to 22 %", () => {
  const lines = [
    line({ id: "a", values: [1, 2], color: RED }),
    line({ id: "b", values: [2, 1], color: BLUE }),
  ];
  const { surface } = painted(lines, {}, { focus: "a" });
  expect(surface.of(BLUE)[0]).toMatchObject({ alpha: 0.22, width: 1.35 });
  expect(surface.of(RED)[0]).toMatchObject({ alpha: 1, width: 2.25 });
  const order = surface.strokes.map((stroke) => stroke.color);
  expect(order.lastIndexOf(RED)).toBeGreaterThan(order.lastIndexOf(BLUE));
});

test("a focus that is not in the panel dims nothing", () => {
  const { surface } = painted([line({ values: [1, 2] })], {}, { focus: "elsewhere" });
  expect(surface.of(BLUE)[0]?.alpha).toBe(1);
});

test("above 24 lines are thinner and let others through", () => {
  expect(painted(many(24)).surface.of(BLUE)[0]).toMatchObject({ width: 1.35, alpha: 1 });
  expect(painted(many(25)).surface.of(BLUE)[0]).toMatchObject({ width: 1.1, alpha: 0.7 });
});

test("the baseline is dashed in the colour of text", () => {
  const { surface } = painted([line({ values: [1, 2], baseline: true })]);
  expect(surface.of(lightTheme.text1)[0]).toMatchObject({ width: 1.75, dash: [5, 3] });
});

test("up to 8 lines show their bands, more only the focused one's", () => {
  const banded = (id: string, color: string): Line =>
    line({
      id,
      color,
      values: [5, 5, 5],
      low: Float64Array.of(4, 4, 4),
      high: Float64Array.of(6, 6, 6),
    });
  const bands = (lines: Line[], focus: string | null): number =>
    painted(lines, {}, { focus }).surface.fills.filter(({ alpha }) => alpha === 0.1).length;
  const eight = Array.from({ length: 8 }, (_, i) => banded(`l${i}`, BLUE));
  expect(bands(eight, null)).toBe(8);
  expect(bands([...eight, banded("l8", BLUE)], null)).toBe(0);
  expect(bands([...eight, banded("l8", BLUE)], "l3")).toBe(1);
});

test("raw values lie faint under all smoothed lines", () => {
  const lines = [
    line({ values: [1, 5, 1, 5], color: RED }),
    line({ id: "b", values: [2, 3, 2, 3] }),
  ];
  const { surface } = painted(lines, { smoothing: 0.9 });
  const alphas = surface.strokes
    .filter(({ color }) => color === RED || color === BLUE)
    .map(({ alpha }) => alpha);
  expect(alphas).toEqual([0.22, 0.22, 1, 1]);
});

test("a line that still grows ends in a dot at its last finite point", () => {
  const { surface, layout } = painted([line({ values: [1, 2, Number.NaN], live: true })]);
  const [circle] = surface.fills.flatMap((fill) => fill.circles);
  expect(circle?.x).toBeCloseTo(layout.x.map(1), 6);
  expect(circle?.y).toBeCloseTo(layout.y.map(2), 6);
});

test("a hundred thousand points are drawn with no more than four for each pixel", () => {
  const values = Array.from({ length: 100_000 }, (_, i) => Math.sin(i / 1000) + ((i * 31) % 7));
  const { surface, layout } = painted([line({ values })]);
  const vertices = surface.of(BLUE)[0]?.runs.reduce((sum, run) => sum + run.length / 2, 0) ?? 0;
  expect(vertices).toBeLessThanOrEqual(4 * (layout.frame.plot.width + 1));
  expect(vertices).toBeGreaterThan(layout.frame.plot.width);
});

test("two hairlines carry the ink of a dimmed stroke", () => {
  const lines = [line({ values: [1, 2] }), line({ id: "b", color: RED, values: [2, 1] })];
  const { surface } = painted(lines, {}, { focus: "b", hairlines: true });
  const passes = surface.of(BLUE);
  expect(passes.map(({ width }) => width)).toEqual([1, 1]);
  const through = passes.reduce((light, { alpha }) => light * (1 - alpha), 1);
  expect(1 - through).toBeCloseTo(0.22, 6);
});

test("what is saved is restored", () => {
  expect(painted(many(3)).surface.depth).toBe(0);
});

test("nothing to draw leaves an empty frame and no marks of y", () => {
  const { surface, layout } = painted([]);
  expect(layout.yTicks).toEqual([]);
  expect(surface.texts).not.toContain("NaN");
});

test("a line that was never a number has its crosses, though no axis of y", () => {
  const { surface, layout } = painted([line({ values: [Number.NaN, Number.NaN, Number.NaN] })]);
  expect(layout.yTicks).toEqual([]);
  expect(surface.of(BLUE).filter(({ width }) => width === 1.25)).not.toEqual([]);
});

test("marks of an axis that would read alike are counted from the first", () => {
  const from = 2 ** 53;
  const { layout } = painted([line({ values: [from, from + 400] })]);
  const [first, ...others] = layout.yTicks.map(({ text }) => text);
  expect(first).toBe("9.007199e15");
  expect(others).toEqual(["+100", "+200", "+300", "+400"].slice(0, others.length));
});
