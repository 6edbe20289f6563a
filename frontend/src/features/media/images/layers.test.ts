import { describe, expect, it } from "vitest";
import { isBackground, readBoxes, tinted } from "./layers";
import { FITTED, moved, scaled } from "./look";

const area = { width: 200, height: 100 };
const read = (box_data: unknown, class_labels: unknown = { "1": "cat" }) =>
  readBoxes(JSON.stringify({ box_data, class_labels }), area);

describe("boxes", () => {
  it("are fractions of the image, whatever they were given in", () => {
    const corners = { minX: 0.1, maxX: 0.2, minY: 0.3, maxY: 0.5 };
    const middle = { middle: [100, 50], width: 20, height: 10 };
    const { boxes } = read([
      { position: corners, class_id: 1, box_caption: "cat 0.9" },
      { position: middle, domain: "pixel", class_id: 1 },
    ]);
    expect(boxes[0]).toMatchObject({ left: 0.1, top: 0.3, label: "cat 0.9" });
    expect(boxes[0]?.width).toBeCloseTo(0.1);
    expect(boxes[1]).toMatchObject({
      left: 0.45,
      top: 0.45,
      width: 0.1,
      height: 0.1,
      label: "cat",
    });
  });

  it("that make no sense are left out", () => {
    for (const odd of [null, [null], [{}], [{ position: { minX: "a" } }], { a: 1 }]) {
      expect(read(odd).boxes).toEqual([]);
    }
    expect(readBoxes("[]", area).boxes).toEqual([]);
  });
});

it("a mask is tinted by class, and clear where a class is off", () => {
  const target = new Uint8ClampedArray(12).fill(9);
  tinted(Uint8Array.of(1, 0, 1), (of) => (of === 1 ? "#ff8000" : null), target);
  expect([...target.slice(0, 4)]).toEqual([255, 128, 0, 128]);
  expect(target[7]).toBe(0);
});

it("the background is what is called so, else the class 0", () => {
  expect(isBackground(0, undefined)).toBe(true);
  expect(isBackground(0, "road")).toBe(false);
  expect(isBackground(3, "Background")).toBe(true);
  expect(isBackground(1, undefined)).toBe(false);
});

it("what lies under the pointer stays there while one zooms", () => {
  const from = { x: 40, y: -10 };
  const look = scaled(scaled(FITTED, 2, from), 3, from);
  const under = { x: (from.x - look.x) / look.scale, y: (from.y - look.y) / look.scale };
  expect(under).toEqual(from);
  expect(scaled(look, 0.01, from)).toEqual(FITTED);
  expect(moved(FITTED, 5, 5)).toEqual(FITTED);
});
