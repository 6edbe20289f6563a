import { describe, expect, it } from "vitest";
import { decode, FrameError, FrameReader } from "./frame";
import { curve } from "./frame-fixture";

const whole = (bytes: Uint8Array) => bytes.slice().buffer as ArrayBuffer;

describe("a frame", () => {
  it("gives back its columns as views into the bytes that came", () => {
    const buffer = whole(curve("loss", "a", [3, 2, 1]));
    const frame = decode(buffer);
    expect(frame.key).toBe("loss");
    expect(frame.series[0]).toMatchObject({ run: "a", logged: 3 });
    const { x, last, count } = frame.series[0]?.columns ?? {};
    expect([...(x ?? [])]).toEqual([0, 1, 2]);
    expect([...(last ?? [])]).toEqual([3, 2, 1]);
    expect([...(count ?? [])]).toEqual([1, 1, 1]);
    expect(last?.buffer).toBe(buffer);
  });

  it("is refused when it is cut off, foreign or of another version", () => {
    const bytes = curve("loss", "a", [1, 2]);
    expect(() => decode(whole(bytes.subarray(0, bytes.length - 8)))).toThrow(FrameError);
    expect(() => decode(whole(bytes.with(0, 0)))).toThrow("not a frame");
    expect(() => decode(whole(bytes.with(4, 2)))).toThrow("version 2");
  });
});

describe("a stream of frames", () => {
  const bytes = [curve("a", "r", [1]), curve("b", "r", [2, 3]), curve("c", "r", [])];
  const stream = new Uint8Array(bytes.flatMap((frame) => [...frame]));

  it.each([1, 3, 17, 64, 1000])("comes out whole, in chunks of %i bytes", (size) => {
    const reader = new FrameReader();
    const keys: string[] = [];
    for (let at = 0; at < stream.length; at += size) {
      for (const frame of reader.push(stream.subarray(at, at + size))) {
        keys.push(frame.key);
      }
    }
    reader.end();
    expect(keys).toEqual(["a", "b", "c"]);
  });

  it("gives a frame as soon as it is complete, before the rest has come", () => {
    const reader = new FrameReader();
    const first = bytes[0]?.length ?? 0;
    expect(reader.push(stream.subarray(0, first + 20))).toHaveLength(1);
  });

  it("says so when it ends within a frame", () => {
    const reader = new FrameReader();
    reader.push(stream.subarray(0, stream.length - 1));
    expect(() => reader.end()).toThrow("within a frame");
  });
});
