import { describe, expect, it } from "vitest";
import { type Matrix, written } from "./matrix";

const matrix: Matrix = {
  head: ["run", "val_loss"],
  rows: [
    [{ text: 'a, "b"' }, { text: "-0.5", best: true, figure: true }],
    [{ text: "=1+1|x" }, { text: "", figure: true }],
  ],
};

describe("a table to take away", () => {
  it("as CSV quotes what must be, and no text is a formula", () => {
    expect(written(matrix, "csv")).toBe('run,val_loss\r\n"a, ""b""",-0.5\r\n\'=1+1|x,\r\n');
  });

  it("as Markdown keeps bars out of cells, and the best is bold", () => {
    expect(written(matrix, "markdown")).toBe(
      '| run | val\\_loss |\n| --- | ---: |\n| a, "b" | **-0.5** |\n| =1+1\\|x |  |\n',
    );
  });

  it("as LaTeX escapes what LaTeX would act upon", () => {
    const text = written({ head: ["50%_\\^~"], rows: [[{ text: "{$#&}" }]] }, "latex");
    expect(text).toContain("50\\%\\_\\textbackslash{}\\textasciicircum{}\\textasciitilde{} \\\\");
    expect(text).toContain("\\{\\$\\#\\&\\} \\\\");
    expect(written(matrix, "latex")).toContain("\\begin{tabular}{lr}");
    expect(written(matrix, "latex")).toContain("\\textbf{-0.5}");
  });
});
