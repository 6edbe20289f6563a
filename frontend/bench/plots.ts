/** Plots that are not lines, with made-up data: what bench/chart_engine.py looks at and measures. */

import { runColor, runColors } from "../src/chart/index.ts";
import type { ParallelSpec, PlotSpec, ScatterSpec } from "../src/chart/plot-types.ts";

/** The same numbers each time. */
function dice(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `run-${i}`);

export function scatter(count: number): ScatterSpec {
  const roll = dice(7);
  const xs = Float64Array.from({ length: count }, () => 10 ** (-5 + 4 * roll()));
  const ys = xs.map((x) => 0.2 + (Math.log10(x) + 3) ** 2 * 0.2 + roll() * 0.3);
  return {
    type: "scatter",
    title: "loss over lr",
    ids: names(count),
    x: { label: "config.lr", scale: "log" },
    y: { label: "summary.loss" },
    xs,
    ys,
    ramp: { label: "depth", values: xs.map(() => Math.round(2 + 10 * roll())) },
  };
}

export function parallel(count: number): ParallelSpec {
  const roll = dice(3);
  const column = (make: () => number): Float64Array => Float64Array.from({ length: count }, make);
  const lr = column(() => 10 ** (-5 + 4 * roll()));
  const loss = lr.map((x) => 0.2 + (Math.log10(x) + 3) ** 2 * 0.2 + roll() * 0.3);
  const optimizers = ["adam", "sgd", "lion", "adafactor"];
  return {
    type: "parallel",
    title: "sweep",
    ids: names(count),
    axes: [
      { key: "lr", label: "lr", scale: "log", values: lr },
      { key: "batch", label: "batch", scale: "linear", values: column(() => 2 ** (4 + Math.floor(5 * roll()))) },
      { key: "depth", label: "depth", scale: "linear", values: column(() => 2 + Math.floor(20 * roll())) },
      { key: "dropout", label: "dropout", scale: "linear", values: column(() => roll() * 0.5) },
      {
        key: "opt",
        label: "optimizer",
        scale: "category",
        categories: optimizers,
        values: column(() => Math.floor(4 * roll())),
      },
      { key: "warmup", label: "warmup", scale: "quantile", values: column(() => 10 ** (4 * roll())) },
      { key: "acc", label: "accuracy", scale: "linear", values: loss.map((x) => 1 - x / 3) },
      { key: "loss", label: "loss", scale: "linear", values: loss },
    ],
    ramp: { label: "loss", values: loss },
  };
}

/** One of each kind. */
export function gallery(): PlotSpec[] {
  const roll = dice(11);
  const bell = (middle: number, count: number): Float64Array =>
    Float64Array.from({ length: count }, () => middle + roll() + roll() + roll() - 1.5);
  const groups = ["adam", "sgd", "lion", "adafactor"];
  const colors = groups.map((_, i) => runColors(i));
  const values = [0.42, 0.61, 0.38, -0.2];
  const box = { title: "loss by optimizer", ids: groups, colors, value: { label: "loss" } };
  const spread = [1, 2.4, 0.8, 1.6].map((middle, i) => bell(middle, 40 + 20 * i));
  const keys = ["lr", "batch", "depth", "dropout", "warmup", "loss", "accuracy"];
  return [
    scatter(10_000),
    { ...scatter(60), ramp: null, colors: names(60).map((_, i) => runColors(i % 24)), title: "few" },
    {
      type: "bar",
      title: "final loss",
      ids: groups,
      colors,
      value: { label: "summary.loss" },
      values,
      low: values.map((value) => value - 0.08),
      high: values.map((value) => value + 0.05),
    },
    { type: "box", shape: "box", ...box, values: spread },
    { type: "box", shape: "violin", ...box, values: spread },
    {
      type: "heat",
      title: "gradients",
      x: { label: "step" },
      y: { label: "gradient" },
      label: "count",
      columns: Array.from({ length: 120 }, (_, i) => {
        const width = 3 * Math.exp(-i / 60) + 0.4;
        const edges = Array.from({ length: 33 }, (_v, k) => ((k - 16) / 16) * width);
        const counts = edges.slice(1).map((edge) => 1000 * Math.exp(-((edge / width) ** 2) * 6) * (0.6 + 0.4 * roll()));
        return { x: i * 50, edges, counts };
      }),
    },
    {
      type: "matrix",
      title: "correlations",
      rows: keys,
      columns: keys,
      label: "Spearman's r",
      values: keys.flatMap((_, r) => keys.map((_k, c) => (r === c ? 1 : Math.sin(3 * r + 5 * c + r * c)))),
    },
    { ...parallel(300), ramp: null, colors: runColor(0, "light") },
    parallel(10_000),
  ];
}
