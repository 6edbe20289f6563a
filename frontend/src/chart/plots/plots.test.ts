// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { ChartHub } from "../hub";
import type { ParallelSpec, PlotHooks, PlotSpec, ScatterSpec } from "../plot-types";
import { Recorder } from "../recorder";
import type { Look } from "../scene";
import { darkTheme, lightTheme } from "../theme";
import type { Domain } from "../types";
import { NO_VIEW, paintPlot } from "./act";
import { density, quartiles } from "./boxes";
import { createPlot } from "./index";
import { axisPlaces, brushed } from "./places";
import { colorsOf, rampColor } from "./ramps";

const look: Look = {
  width: 480,
  height: 260,
  ratio: 1,
  theme: lightTheme,
  focus: null,
  hidden: new Set(),
  zone: () => 0,
  hairlines: true,
};

const scatter: ScatterSpec = {
  type: "scatter",
  title: "loss over lr",
  ids: ["a", "b", "c"],
  x: { label: "lr", scale: "log" },
  y: { label: "loss" },
  xs: [1e-4, 1e-3, 0],
  ys: [1, 2, 3],
  colors: ["#111111", "#222222", "#333333"],
};

const parallel: ParallelSpec = {
  type: "parallel",
  title: "sweep",
  ids: ["a", "b", "c", "d"],
  axes: [
    { key: "lr", label: "lr", scale: "log", values: [1e-4, 1e-3, 1e-2, Number.NaN] },
    {
      key: "opt",
      label: "opt",
      scale: "category",
      categories: ["adam", "sgd"],
      values: [0, 1, 1, 0],
    },
    { key: "loss", label: "loss", scale: "quantile", values: [1, 2, 2, 100] },
  ],
  ramp: { label: "loss", values: [1, 2, 2, 100] },
};

const others: PlotSpec[] = [
  {
    type: "bar",
    title: "",
    ids: ["a", "b"],
    value: { label: "loss" },
    values: [1, -2],
    low: [0.5, -3],
    high: [1.5, -1],
  },
  {
    type: "box",
    shape: "violin",
    title: "",
    ids: ["a"],
    value: { label: "loss" },
    values: [[1, 2, 3, 4, 40]],
  },
  {
    type: "heat",
    title: "",
    x: { label: "step" },
    y: { label: "w" },
    label: "count",
    columns: [
      { x: 0, edges: [0, 1, 2], counts: [3, 1] },
      { x: 10, edges: [-1, 0, 1], counts: [0, 5] },
    ],
  },
  {
    type: "matrix",
    title: "",
    rows: ["a", "b"],
    columns: ["a", "b"],
    values: [1, -0.5, Number.NaN, 1],
    label: "r",
  },
];

function painted(spec: PlotSpec, more: Partial<Look> = {}, view = NO_VIEW) {
  const surface = new Recorder();
  const frame = paintPlot(surface, spec, view, { ...look, ...more });
  return { surface, frame };
}

describe("what is painted", () => {
  it.each([scatter, parallel, ...others].map((spec) => [spec.type, spec] as const))(
    "%s, the same each time and in both themes",
    (_type, spec) => {
      const seen = (theme: typeof lightTheme): string => {
        const { surface } = painted(spec, { theme });
        expect(surface.depth).toBe(0);
        return JSON.stringify([surface.strokes, surface.fills, surface.texts]);
      };
      expect(seen(lightTheme)).toBe(seen(lightTheme));
      expect(seen(darkTheme).length).toBeGreaterThan(50);
    },
  );

  it("a point that a log axis cannot hold is said to be left out", () => {
    const { surface, frame } = painted(scatter);
    expect(surface.fills.flatMap(({ circles }) => circles)).toHaveLength(2);
    expect(frame.note).toContain("1 point not shown");
  });

  it("hiding one point moves no other", () => {
    const all = painted(scatter).surface.fills.find(({ color }) => color === "#111111");
    const some = painted(scatter, { hidden: new Set(["b"]) }).surface.fills;
    expect(some.find(({ color }) => color === "#111111")).toEqual(all);
    expect(some.some(({ color }) => color === "#222222")).toBe(false);
  });

  it("a row without a value on an axis is not drawn through it", () => {
    const { surface } = painted({ ...parallel, ramp: null, colors: "#abcdef" });
    const [rows] = surface.of("#abcdef");
    expect(rows?.runs.map((run) => run.length)).toEqual([6, 6, 6, 4]);
  });
});

it("quartiles are numpy's, and what is far off is an outlier", () => {
  expect(quartiles([1, 2, 3, 4, 40])).toEqual({
    n: 5,
    low: 1,
    q1: 2,
    median: 3,
    q3: 4,
    high: 4,
    outliers: [40],
  });
  // numpy 2.4: np.quantile(…, [.25, .5, .75]) is [0.55, 3.75, 6.5375]
  const even = quartiles([3.1, -2, 7.25, 0, 11, 4.4, 4.4, -9.5, 2.2, 30]);
  expect([even?.q1, even?.median, even?.q3].map((one) => +(one ?? 0).toFixed(9))).toEqual([
    0.55, 3.75, 6.5375,
  ]);
  expect(quartiles([Number.NaN])).toBeNull();
  const dense = density([50, 50, 50, 10], 0, 100);
  expect(dense.indexOf(Math.max(...dense))).toBe(32);
});

it("places on an axis come back as values, and equal values share their rank", () => {
  const [lr, opt, loss] = parallel.axes.map(axisPlaces);
  expect(lr?.value(lr.place(1e-3))).toBeCloseTo(1e-3, 9);
  expect([...(loss?.at ?? [])]).toEqual([0, 0.5, 0.5, 1]);
  expect(opt?.ticks.map(({ text }) => text)).toEqual(["adam", "sgd"]);
  expect([...brushed(parallel, { lr: [1e-4, 1e-3] }, new Set())]).toEqual([1, 1, 0, 0]);
});

it("an axis of whole numbers is marked at whole numbers", () => {
  const layers = { key: "layers", label: "layers", scale: "linear" as const };
  const texts = (...values: number[]) =>
    axisPlaces({ ...layers, values: Float64Array.from(values) }).ticks.map(({ text }) => text);
  expect(texts(1, 2, 3)).toEqual(["1", "2", "3"]);
  expect(texts(1, 2.5, 3).length).toBeGreaterThan(3);
});

it("the ramp gets only lighter, and what has no value is grey", () => {
  const light = (hex: string): number => {
    const value = Number.parseInt(hex.slice(1), 16);
    return 0.2126 * (value >> 16) + 0.7152 * ((value >> 8) & 255) + 0.0722 * (value & 255);
  };
  const shades = Array.from({ length: 11 }, (_, i) => light(rampColor(i / 10, "light")));
  expect(shades).toEqual([...shades].sort((a, b) => a - b));
  const colorOf = colorsOf({ ramp: { label: "", values: [0, Number.NaN, 1] } }, look);
  expect(colorOf(1)).toBe(lightTheme.lineStrong);
  expect(colorOf(0)).not.toBe(colorOf(2));
});

describe("on the page", () => {
  class SeesAtOnce {
    constructor(private readonly tell: (entries: object[]) => void) {}
    observe(target: Element): void {
      const contentRect = { width: 480, height: 260 };
      queueMicrotask(() => this.tell([{ target, contentRect, isIntersecting: true }]));
    }
    unobserve(): void {}
    disconnect(): void {}
  }
  const native = HTMLCanvasElement.prototype.getContext;
  const observers = { ResizeObserver, IntersectionObserver };
  let hub: ChartHub;
  const enlarged: unknown[] = [];

  beforeEach(() => {
    Object.assign(globalThis, { ResizeObserver: SeesAtOnce, IntersectionObserver: SeesAtOnce });
    HTMLCanvasElement.prototype.getContext = (() => new Recorder()) as unknown as typeof native;
    hub = new ChartHub({ workerFactory: null, onFullScreen: (panel) => enlarged.push(panel) });
  });

  afterEach(() => {
    hub.destroy();
    Object.assign(globalThis, observers);
    HTMLCanvasElement.prototype.getContext = native;
    document.body.replaceChildren();
  });

  async function open(spec: PlotSpec, hooks: PlotHooks = {}) {
    const host = document.createElement("div");
    host.setPointerCapture = () => {};
    document.body.append(host);
    const plot = createPlot(hub, host, spec, hooks);
    await hub.painted();
    const at = (type: string, x: number, y: number) =>
      host.dispatchEvent(new PointerEvent(type, { clientX: x, clientY: y, bubbles: true }));
    const key = (name: string) => host.dispatchEvent(new KeyboardEvent("keydown", { key: name }));
    return { plot, host, at, key };
  }

  it("says what is under the pointer, and picks it", async () => {
    const said: (string | null)[] = [];
    const picked: (string | null)[] = [];
    const { plot, at } = await open(scatter, {
      onHover: (hover) => said.push(hover?.id ?? null),
      onPick: ({ id }) => picked.push(id),
    });
    const frame = plot.frame?.plot;
    if (!frame) throw new Error("not painted");
    // The second of two points on the axis, near the right and at a middle height.
    const [x, y] = [frame.left + (frame.width * 1.05) / 1.1, frame.top + frame.height / 2];
    at("pointermove", x, y);
    at("pointerdown", x, y);
    at("pointerup", x, y);
    expect(said).toContain("b");
    expect(picked).toEqual(["b"]);
    at("pointerleave", x, y);
    expect(said.at(-1)).toBeNull();
  });

  it("brushes an axis by dragging, and lets go by a click", async () => {
    const heard: [Readonly<Record<string, Domain>>, readonly string[]][] = [];
    const { plot, at } = await open(parallel, { onBrush: (...all) => heard.push(all) });
    const frame = plot.frame?.plot;
    if (!frame) throw new Error("not painted");
    at("pointerdown", frame.left, frame.top + 1);
    at("pointermove", frame.left, frame.top + frame.height * 0.6);
    at("pointerup", frame.left, frame.top + frame.height * 0.6);
    expect(heard.at(-1)?.[1]).toEqual(["b", "c"]);
    expect(plot.toTable().rows.map((row) => row[0])).toEqual(["b", "c"]);
    at("pointerdown", frame.left, frame.top + frame.height * 0.9);
    at("pointerup", frame.left, frame.top + frame.height * 0.9);
    expect(heard.at(-1)).toEqual([{}, ["a", "b", "c", "d"]]);
  });

  it("moves an axis by its name", async () => {
    const orders: (readonly string[])[] = [];
    const { plot, at } = await open(parallel, { onOrder: (keys) => orders.push(keys) });
    const frame = plot.frame?.plot;
    if (!frame) throw new Error("not painted");
    at("pointerdown", frame.left, 10);
    at("pointermove", frame.left + frame.width, 10);
    at("pointerup", frame.left + frame.width, 10);
    expect(orders.at(-1)).toEqual(["opt", "loss", "lr"]);
  });

  it("zooms a scatter plot into a rectangle, and comes back", async () => {
    const zooms: unknown[] = [];
    const { plot, at } = await open(scatter, { onZoom: (zoom) => zooms.push(zoom) });
    const frame = plot.frame?.plot;
    if (!frame) throw new Error("not painted");
    at("pointerdown", frame.left + 10, frame.top + 10);
    at("pointermove", frame.left + 90, frame.top + 90);
    at("pointerup", frame.left + 90, frame.top + 90);
    await hub.painted();
    expect(plot.frame?.xDomain).toEqual((zooms[0] as { x: Domain }).x);
    at("dblclick", frame.left + 20, frame.top + 20);
    expect(zooms.at(-1)).toBeNull();
  });

  it("is walked through by keyboard, and enlarged by Enter", async () => {
    const { plot, host, key } = await open(parallel);
    key("Enter");
    expect(enlarged).toEqual([plot]);
    key("ArrowRight");
    key("ArrowRight");
    expect(document.querySelector(".chart-speech")?.textContent).toMatch(/^b: lr /);
    key("Escape");
    expect(host.getAttribute("aria-label")).toContain("sweep: 4 items");
  });

  it("gives what is drawn as CSV", async () => {
    const { plot } = await open(scatter);
    hub.setHidden(new Set(["b"]));
    expect(plot.exportCsv().trim().split("\r\n")).toEqual([
      "id,name,lr,loss",
      "a,a,0.0001,1",
      "c,c,0,3",
    ]);
  });
});
