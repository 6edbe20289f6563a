import { expect, test } from "vitest";
import { smooth } from "./smoothing";

/** The formula as W&B's documentation has it, for one point in each bucket. */
function reference(x: readonly number[], y: readonly number[], smoothing: number): number[] {
  const weight = Math.min(Math.sqrt(smoothing), 0.999);
  const range = (x.at(-1) as number) - (x[0] as number);
  let [last, debias] = [0, 0];
  return y.map((value, i) => {
    const before = i > 0 ? i - 1 : 0;
    const change = (((x[i] as number) - (x[before] as number)) / range) * 1000;
    const adjusted = weight ** change;
    last = last * adjusted + value;
    debias = debias * adjusted + 1;
    return last / debias;
  });
}

const close = (got: Float64Array, wanted: readonly number[]): void => {
  expect(got.length).toBe(wanted.length);
  wanted.forEach((value, i) => {
    expect(got[i]).toBeCloseTo(value, 9);
  });
};

const noise = (i: number): number => ((i * 7919) % 101) / 101;

test("an even line gets the reference's numbers", () => {
  const x = Array.from({ length: 500 }, (_, i) => i);
  const y = x.map((i) => Math.exp(-i / 100) + noise(i));
  for (const p of [0.1, 0.6, 0.9, 0.99]) {
    close(smooth({ x: Float64Array.from(x), y: Float64Array.from(y) }, p), reference(x, y, p));
  }
});

test("an uneven line gets the reference's numbers", () => {
  const x = Array.from({ length: 300 }, (_, i) => i * i + 40 * noise(i));
  x.sort((a, b) => a - b);
  const y = x.map((_, i) => noise(i) * 10 - 5);
  close(smooth({ x: Float64Array.from(x), y: Float64Array.from(y) }, 0.8), reference(x, y, 0.8));
});

test("repeated x weigh alike", () => {
  const [x, y] = [
    [0, 1, 1, 2],
    [1, 2, 4, 8],
  ];
  close(
    smooth({ x: Float64Array.from(x), y: Float64Array.from(y) }, 0.999),
    reference(x, y, 0.999),
  );
});

test("a constant stays the constant, from its first point on", () => {
  const x = Float64Array.from({ length: 50 }, (_, i) => i);
  const out = smooth({ x, y: new Float64Array(50).fill(3.5) }, 0.95);
  expect(out.every((value) => Math.abs(value - 3.5) < 1e-12)).toBe(true);
});

test("values that are not finite stay where they are and poison nothing", () => {
  const x = [0, 1, 2, 3, 4, 5];
  const y = [1, Number.NaN, 2, Number.POSITIVE_INFINITY, 3, 4];
  const out = smooth({ x: Float64Array.from(x), y: Float64Array.from(y) }, 0.9);
  expect([1, 3].every((i) => Number.isNaN(out[i] as number))).toBe(true);
  const without = reference([0, 2, 4, 5], [1, 2, 3, 4], 0.9);
  [0, 2, 4, 5].forEach((at, i) => {
    expect(out[at]).toBeCloseTo(without[i] as number, 9);
  });
});

test("buckets of a line that is constant within them get the numbers of its full resolution", () => {
  const size = 20;
  const values = Array.from({ length: 50 }, (_, bucket) => 5 * noise(bucket));
  const x = Float64Array.from({ length: 50 * size }, (_, i) => i);
  const y = x.map((_, i) => values[Math.floor(i / size)] as number);
  const full = smooth({ x, y }, 0.97);
  const buckets = {
    x: Float64Array.from(values, (_, bucket) => bucket * size + size - 1),
    y: Float64Array.from(values),
    count: new Uint32Array(50).fill(size),
  };
  // The first bucket is known by its end alone, so its line is a little shorter: scaled to match.
  const bucketed = smooth(buckets, 0.97 ** ((50 * size - size) / (50 * size - 1)));
  values.forEach((_, bucket) => {
    expect(bucketed[bucket]).toBeCloseTo(full[bucket * size + size - 1] as number, 9);
  });
});

test("buckets are smoothed by their mean, not by their last value", () => {
  const out = smooth(
    { x: Float64Array.of(0, 1), y: Float64Array.of(9, 9), mean: Float64Array.of(1, 1) },
    0.5,
  );
  expect([...out]).toEqual([1, 1]);
});

test("a line of one point, and one of none, are smoothed to themselves", () => {
  expect([...smooth({ x: Float64Array.of(7), y: Float64Array.of(2) }, 0.9)]).toEqual([2]);
  expect(smooth({ x: new Float64Array(0), y: new Float64Array(0) }, 0.9)).toHaveLength(0);
});

/** Bumpy values, some of which are not there. */
const bumpy = Array.from({ length: 60 }, (_, i) =>
  i % 13 === 5 ? Number.NaN : Math.sin(i / 3) + (i % 5),
);
const bumps = {
  x: Float64Array.from(bumpy, (_, i) => i * 10),
  y: Float64Array.from(bumpy),
};
const finite = bumpy.flatMap((value, i) => (Number.isNaN(value) ? [] : [{ i, value }]));

function expectEach(out: Float64Array, wanted: (k: number) => number): void {
  finite.forEach(({ i }, k) => {
    expect(out[i]).toBeCloseTo(wanted(k), 9);
  });
  bumpy.forEach((value, i) => {
    if (Number.isNaN(value)) expect(out[i]).toBeNaN();
  });
}

test("ema is the debiased exponential average of the finite points", () => {
  const p = 0.8;
  expectEach(smooth(bumps, p, "ema"), (k) => {
    const past = finite.slice(0, k + 1).map(({ value }, j) => [p ** (k - j), value] as const);
    const weight = past.reduce((sum, [own]) => sum + own, 0);
    return past.reduce((sum, [own, value]) => sum + own * value, 0) / weight;
  });
});

test("gaussian weighs by the normal curve, counted in points, as far as four deviations", () => {
  const sigma = 2.5;
  expectEach(smooth(bumps, sigma, "gaussian"), (k) => {
    const near = finite
      .map(({ value }, j) => [Math.exp(-((j - k) ** 2) / (2 * sigma ** 2)), value, j] as const)
      .filter(([, , j]) => Math.abs(j - k) <= 4 * sigma);
    const weight = near.reduce((sum, [own]) => sum + own, 0);
    return near.reduce((sum, [own, value]) => sum + own * value, 0) / weight;
  });
});

test("mean is the mean of an odd window around each point, cut off at the ends", () => {
  expectEach(smooth(bumps, 7, "mean"), (k) => {
    const near = finite.slice(Math.max(0, k - 3), k + 4);
    return near.reduce((sum, { value }) => sum + value, 0) / near.length;
  });
});

test.each(["ema", "gaussian", "mean"] as const)(
  "%s of buckets that are constant is what their points would give",
  (kind) => {
    const values = [1, 4, 2, 8, 3, 3, 9, 1];
    const strength = kind === "ema" ? 0.9 : kind === "gaussian" ? 40 : 31;
    const full = values.flatMap((value) => new Array<number>(10).fill(value));
    const x = (n: number) => Float64Array.from({ length: n }, (_, i) => i);
    const points = smooth({ x: x(80), y: Float64Array.from(full) }, strength, kind);
    const count = new Uint32Array(8).fill(10);
    const buckets = smooth({ x: x(8), y: Float64Array.from(values), count }, strength, kind);
    buckets.forEach((value, i) => {
      const own = points.slice(10 * i, 10 * i + 10);
      const middle = ((own[4] as number) + (own[5] as number)) / 2;
      // At the ends the windows of the two middle points are cut off differently.
      if (kind === "mean" && (i < 2 || i > 5)) return;
      const wanted = kind === "ema" ? (own[9] as number) : middle;
      expect(Math.abs(value - wanted)).toBeLessThan(kind === "gaussian" ? 0.25 : 1e-9);
    });
  },
);
