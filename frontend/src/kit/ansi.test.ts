import { describe, expect, it } from "vitest";
import { pieces, readable } from "./ansi";

const shown = (line: string) =>
  pieces(line).map(({ text, color, bold }) => `${text}:${color ?? "-"}${bold ? "!" : ""}`);

describe("a line of a terminal", () => {
  it("is one piece without escapes", () => {
    expect(shown("epoch 1: loss 0.5")).toEqual(["epoch 1: loss 0.5:-"]);
  });

  it("is coloured piece by piece", () => {
    expect(shown("\x1b[32mok\x1b[0m then \x1b[1;31mbad\x1b[39m still bold")).toEqual([
      "ok:green",
      " then :-",
      "bad:red!",
      " still bold:-!",
    ]);
  });

  it.each([
    ["\x1b[38;5;196mx", "red"],
    ["\x1b[38;5;46mx", "green"],
    ["\x1b[38;2;30;60;250mx", "blue"],
    ["\x1b[38;5;244mx", "gray"],
    ["\x1b[95mx", "magenta"],
    ["\x1b[48;5;196mx", null],
  ])("%j is %s", (line, color) => {
    expect(pieces(line)[0]?.color).toBe(color);
  });

  it("leaves out what moves a cursor, sets a title, or is no character", () => {
    expect(readable("\x1b[2K\x1b]0;title\x07a\x1b[Ab\x00\x08c")).toBe("abc");
  });
});
