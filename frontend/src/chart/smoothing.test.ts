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
