import { expect, test } from "vitest";
import { Line } from "./line";
import { pack, unpack } from "./messages";
import type { LineData } from "./types";

/** Columns as they lie in a frame from the server: views into one buffer. */
function framed(): LineData {
  const buffer = new ArrayBuffer(80);
  new Float64Array(buffer, 8, 3).set([1, 2, 3]);
  new Float32Array(buffer, 32, 3).set([0.5, Number.NaN, 7]);
  return {
    id: "a",
    name: "run a",
    color: { light: "#111111", dark: "#eeeeee" },
    dash: [6, 3],
    group: "g",
    x: new Float64Array(buffer, 8, 3),
    y: new Float32Array(buffer, 32, 3),
    count: Uint32Array.of(1, 2, 3),
    marks: { x: Float64Array.of(2), kind: Uint8Array.of(2) },
    live: true,
    baseline: false,
  };
}

test("lines arrive as they were sent, and the sender's buffers stay with the sender", () => {
  const given = framed();
  const packed = pack([new Line(given)]);
  const [arrived] = unpack(structuredClone(packed, { transfer: [packed.buffer] }));
  expect(arrived).toMatchObject({ ...given });
  expect(given.x.buffer.byteLength).toBe(80);
  expect(packed.buffer.byteLength).toBe(0);
});

test("a column that lines share travels once", () => {
  const x = new Float64Array(1000);
  const lines = Array.from(
    { length: 10 },
    (_, i) => new Line({ id: String(i), name: "", color: "#000000", x, y: new Float32Array(1000) }),
  );
  expect(pack(lines).buffer.byteLength).toBe(8 * 1000 + 10 * 4 * 1000);
});

test("of a line that has grown only its points travel, not its room to grow", () => {
  const line = new Line(framed());
  line.append([4], [8]);
  const [arrived] = unpack(pack([line]));
  expect([...(arrived?.x ?? [])]).toEqual([1, 2, 3, 4]);
});
