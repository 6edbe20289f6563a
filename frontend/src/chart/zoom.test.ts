import { expect, test } from "vitest";
import { type Box, place } from "./placement";
import { scaled, within, ZoomStack } from "./zoom";

test("each zoom out comes back by one level, and all there is lies at the bottom", () => {
  const zoom = new ZoomStack();
  zoom.push([0, 50]);
  zoom.push([10, 20]);
  expect(zoom.current).toEqual([10, 20]);
  zoom.pop();
  expect(zoom.current).toEqual([0, 50]);
  zoom.pop();
  zoom.pop();
  expect(zoom.current).toBeNull();
});

test("panning goes no deeper", () => {
  const zoom = new ZoomStack();
  zoom.push([0, 10]);
  zoom.replace([5, 15]);
  expect([zoom.current, zoom.depth]).toEqual([[5, 15], 1]);
});

test("scaling keeps the point that it is about", () => {
  expect(scaled([0, 100], 0.5, 20)).toEqual([10, 60]);
});

test("a view stays inside the whole, and the whole is no zoom", () => {
  expect(within([-10, 20], [0, 100])).toEqual([0, 30]);
  expect(within([90, 120], [0, 100])).toEqual([70, 100]);
  expect(within([-10, 200], [0, 100])).toBeNull();
});

const window = { width: 1000, height: 600 };
const plot: Box = { left: 300, top: 200, width: 300, height: 160 };
const size = { width: 210, height: 160 };
const holds = (at: { x: number; y: number }, x: number, y: number): boolean =>
  x >= at.x && x <= at.x + size.width && y >= at.y && y <= at.y + size.height;

test("a tooltip stays inside the window wherever the pointer is", () => {
  for (const x of [0, 10, 500, 990]) {
    for (const y of [0, 5, 300, 598]) {
      const at = place(size, { x, y }, plot, [], window);
      expect(at.x).toBeGreaterThanOrEqual(8);
      expect(at.y).toBeGreaterThanOrEqual(8);
      expect(at.x + size.width).toBeLessThanOrEqual(992);
      expect(at.y + size.height).toBeLessThanOrEqual(592);
    }
  }
});

test("a tooltip never hides the point that it speaks of", () => {
  for (const x of [20, 320, 600, 980]) {
    for (const y of [20, 240, 580]) {
      expect(holds(place(size, { x, y }, plot, [], window), x, y)).toBe(false);
    }
  }
});

test("a tooltip keeps off the line that is looked at", () => {
  const line = Array.from({ length: 40 }, (_, i) => ({ x: 300 + i * 7.5, y: 330 - i }));
  const at = place(size, { x: 400, y: 317 }, plot, line, window);
  expect(line.filter(({ x, y }) => holds(at, x, y))).toEqual([]);
});
