import { describe, expect, it } from "vitest";
import { ago, bytes, duration, exact, fromJson, number, plain, plural } from "./format";

describe("a number", () => {
  it.each([
    [0, "0"],
    [2.35123, "2.351"],
    [0.00012346, "1.235e−4"],
    [0.000012345, "1.234e−5"],
    [-0.5, "−0.5000"],
    [0.1, "0.1000"],
    [9.99996, "10.00"],
    [1234.56, "1235"],
    [12345.6, "12,346"],
    [100, "100"],
    [123456, "123,456"],
    [12_345_678, "1.235e7"],
    [1e-300, "1e−300"],
    [Number.NaN, "NaN"],
    [Number.NEGATIVE_INFINITY, "−∞"],
    [null, "–"],
  ])("%f reads %s", (value, text) => {
    expect(number(value)).toBe(text);
  });

  it("has all its digits on hover", () => {
    expect(exact(0.1 + 0.2)).toBe("0.30000000000000004");
    expect(exact(-1e-7)).toBe("−1e−7");
  });

  it("comes out of JSON even where JSON has no word for it", () => {
    expect(fromJson("NaN")).toBeNaN();
    expect(fromJson("-Infinity")).toBe(Number.NEGATIVE_INFINITY);
    expect(fromJson(true)).toBe(1);
    expect(fromJson("adam")).toBeNull();
    expect(fromJson([1])).toBeNull();
  });
});

describe("times and sizes", () => {
  it.each([
    [250_000, "250 ms"],
    [4_000_000, "4 s"],
    [723_000_000, "12 min 3 s"],
    [12_000_000_000, "3 h 20 min"],
    [7_200_000_000, "2 h"],
    [187_200_000_000, "2 d 4 h"],
  ])("%i µs take %s", (microseconds, text) => {
    expect(duration(microseconds)).toBe(text);
  });

  it("are told from now", () => {
    const now = 1_700_000_000_000;
    const since = (seconds: number) => (now - seconds * 1000) * 1000;
    expect(ago(since(3), now)).toBe("just now");
    expect(ago(since(300), now)).toBe("5 min ago");
    expect(ago(since(7200), now)).toBe("2 h ago");
    expect(ago(since(86400 * 3), now)).toBe("3 d ago");
  });

  it("have SI units and right plurals", () => {
    expect(bytes(1234)).toBe("1.23 kB");
    expect(bytes(999)).toBe("999 B");
    expect(plural(1, "run")).toBe("1 run");
    expect(plural(1284, "run")).toBe("1,284 runs");
  });
});

it("any value fits on one line", () => {
  expect(plain({ a: [1] })).toBe('{"a":[1]}');
  expect(plain(0.1)).toBe("0.1");
  expect(plain(3e-4)).toBe("0.0003");
  expect(plain(861 * 1e-4)).toBe("0.0861");
  expect(plain(0.123456789)).toBe("0.1235");
  expect(plain(false)).toBe("false");
  expect(plain(undefined)).toBe("–");
});
