import { describe, expect, it } from "vitest";
import { moved, readRefs, writeRefs } from "./refs";

const place = { owner: "ann", project: "vision" };

describe("names of runs", () => {
  it("are read from ids, names and links, each once", () => {
    const text = "a1, ann/vision/a1; bob/nlp/b2\nhttp://host:8080/cy/p%20q/runs/c3/charts?x=1";
    expect(readRefs(text, place)).toEqual({
      refs: ["ann/vision/a1", "bob/nlp/b2", "cy/p q/c3"],
      unread: [],
    });
  });

  it("say what could not be read", () => {
    expect(readRefs("a1,half/name,//x", null)).toEqual({
      refs: [],
      unread: ["a1", "half/name", "//x"],
    });
  });

  it("are short in the URL of their own project, and read back the same", () => {
    const refs = ["ann/vision/a1", "bob/nlp/b2"];
    const text = writeRefs(refs, place);
    expect(text).toBe("a1,bob/nlp/b2");
    expect(readRefs(text ?? "", place).refs).toEqual(refs);
    expect(writeRefs([], place)).toBeUndefined();
  });

  it("move within their row and never out of it", () => {
    expect(moved(["a", "b", "c"], "c", 0)).toEqual(["c", "a", "b"]);
    expect(moved(["a", "b", "c"], "a", 9)).toEqual(["b", "c", "a"]);
    expect(moved(["a", "b", "c"], "b", -1)).toEqual(["b", "a", "c"]);
  });
});
