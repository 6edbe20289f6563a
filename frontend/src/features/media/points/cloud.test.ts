import { expect, it } from "vitest";
import { FIRST_TURN, projected, readCloud } from "./cloud";

it("a cloud is read from a list of points or from a scene, and fits into a cube", () => {
  const cloud = readCloud("[[0, 0, 0], [10, 20, 5]]");
  expect([...(cloud?.points ?? [])]).toEqual([-0.5, -1, -0.25, 0.5, 1, 0.25]);
  expect(readCloud('{"type": "lidar/beta", "points": [[1, 2, 3]]}')?.many).toBe(1);
  expect(readCloud("[[1, 2, 3, 255, 0, 9]]")?.colors).toEqual(Uint8Array.of(255, 0, 9));
  expect(readCloud("[[1, 2, 3, 7]]")?.categories).toEqual(Uint8Array.of(7));
  for (const text of ["", "{}", "[]", '["a"]', "[[1, 2]]"]) expect(readCloud(text)).toBeNull();
});

it("turned about its axis by a whole turn it looks as before", () => {
  const cloud = readCloud("[[0, 0, 0], [3, 1, 2]]");
  if (!cloud) throw new Error("no cloud");
  const turned = projected(cloud, { ...FIRST_TURN, around: FIRST_TURN.around + 2 * Math.PI });
  projected(cloud, FIRST_TURN).forEach((value, at) => {
    expect(turned[at]).toBeCloseTo(value, 5);
  });
});
