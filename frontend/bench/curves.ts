/** Curves that look like training, made from a seed: the same in every run of the bench. */

import { type LineData, MARK_NAN, runColors, runDash } from "../src/chart/index.ts";

export interface Metric {
  readonly key: string;
  readonly log?: boolean;
  readonly clip?: boolean;
  readonly value: (progress: number, run: number, noise: () => number) => number;
}

export function random(seed: number): () => number {
  let state = seed >>> 0 || 1;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const decay = (p: number, rate: number): number => Math.exp(-p * rate);

export const METRICS: readonly Metric[] = [
  {
    key: "train/loss",
    log: true,
    clip: true,
    value: (p, run, noise) =>
      (2.1 + run * 0.03 + 6 * decay(p, 9) + 1.2 * decay(p, 2)) * (1 + 0.05 * noise()),
  },
  {
    key: "train/perplexity",
    log: true,
    clip: true,
    value: (p, run, noise) => Math.exp(2.1 + run * 0.03 + 5 * decay(p, 9) + 0.04 * noise()),
  },
  {
    key: "train/grad_norm",
    clip: true,
    value: (p, run, noise) => {
      const spike = noise() > 0.985 ? 1.5 * Math.abs(noise()) : 0;
      return 0.5 + run * 0.02 + 4 * decay(p, 14) + 0.08 * noise() + spike;
    },
  },
  {
    key: "train/lr",
    value: (p, run) =>
      [2e-3, 1e-3, 6e-4, 3e-4][run % 4]! * (p < 0.04 ? p / 0.04 : (1 + Math.cos(Math.PI * p)) / 2),
  },
  {
    key: "train/tokens_per_sec",
    value: (_p, run, noise) =>
      (430 + (run % 7) * 11) * 1000 * (1 + 0.004 * noise() - (noise() > 0.97 ? 0.08 : 0)),
  },
  { key: "train/mfu", value: (_p, run, noise) => 0.41 + (run % 8) * 0.007 + 0.0025 * noise() },
  {
    key: "eval/loss",
    log: true,
    value: (p, run, noise) => 2.2 + run * 0.03 + 4 * decay(p, 7) + 0.01 * noise(),
  },
  {
    key: "eval/hellaswag/acc",
    value: (p, run, noise) => 0.25 + (0.3 - run * 0.004) * (1 - decay(p, 2.4)) + 0.004 * noise(),
  },
  {
    key: "eval/mmlu/acc",
    value: (p, run, noise) => 0.25 + (0.16 - run * 0.003) * (1 - decay(p, 2)) + 0.004 * noise(),
  },
];

export interface Shape {
  readonly lines: number;
  readonly points: number;
  readonly band?: boolean;
  readonly baseline?: boolean;
  readonly special?: boolean;
}

const NAMES =
  "ember-heron hazel-delta cobalt-spruce brisk-lark amber-comet dawn-otter frosty-pine gentle-yarrow iris-maple jade-thorn keen-falcon lunar-isle mellow-quartz noble-zephyr opal-finch prime-nova quiet-vale rapid-cedar solar-kite tidal-reef".split(
    " ",
  );

export function makeLines(metric: Metric, shape: Shape, seed: number): LineData[] {
  return Array.from({ length: shape.lines }, (_, run) => makeLine(metric, shape, run, seed));
}

function makeLine(metric: Metric, shape: Shape, run: number, seed: number): LineData {
  const next = random(seed * 7919 + run * 104_729 + 17);
  const noise = (): number => next() + next() + next() + next() - 2;
  const until = run % 6 === 3 ? 0.55 + 0.05 * (run % 5) : 1;
  const { points } = shape;
  const x = new Float64Array(points);
  const y = new Float32Array(points);
  const low = new Float32Array(points);
  const high = new Float32Array(points);
  for (let i = 0; i < points; i += 1) {
    const p = ((i + 1) / points) * until;
    x[i] = Math.round(p * Math.max(points, 100_000));
    y[i] = metric.value(p, run, noise);
    const others = [metric.value(p, run, noise), metric.value(p, run, noise), y[i]!];
    low[i] = Math.min(...others);
    high[i] = Math.max(...others);
  }
  const special = shape.special === true && run === 2;
  if (special) y.fill(Number.NaN, Math.floor(points * 0.4), Math.floor(points * 0.45));
  return {
    id: `run-${run}`,
    name: `${NAMES[run % 20]}-${100 + run}`,
    color: runColors(run),
    dash: runDash(run),
    x,
    y,
    ...(shape.band ? { low, high } : {}),
    live: until < 1 && run % 2 === 1,
    baseline: shape.baseline === true && run === 0,
    ...(special ? { marks: { x: x.slice(10, 11), kind: Uint8Array.of(MARK_NAN) } } : {}),
  };
}
