/** A table as text to take away: CSV for programs, Markdown for notes, LaTeX for papers. */

export interface Cell {
  text: string;
  best?: boolean; // set in bold where the format can
  figure?: boolean; // a number, which stands on the right
}

export interface Matrix {
  head: string[];
  rows: Cell[][];
}

export type MatrixFormat = "csv" | "markdown" | "latex";

export const FORMATS: Record<MatrixFormat, { label: string; suffix: string; type: string }> = {
  csv: { label: "CSV", suffix: "csv", type: "text/csv" },
  markdown: { label: "Markdown", suffix: "md", type: "text/markdown" },
  latex: { label: "LaTeX", suffix: "tex", type: "application/x-tex" },
};

function csvCell({ text, figure }: Cell): string {
  // What begins like a formula would be computed by whatever opens the file.
  const safe = !figure && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const asText = (text: string): Cell => ({ text });

function csv({ head, rows }: Matrix): string {
  const lines = [head.map(asText), ...rows].map((row) => row.map(csvCell).join(","));
  return `${lines.join("\r\n")}\r\n`;
}

function markdownText(text: string): string {
  return text.replaceAll(/[\\|*_`<>[\]]/g, "\\$&").replaceAll(/\s*\n\s*/g, " ");
}

/** Which columns hold numbers alone. */
function figures({ head, rows }: Matrix): boolean[] {
  const said = (row: Cell[], at: number) => row[at]?.figure || (row[at]?.text ?? "") === "";
  return head.map((_, at) => rows.length > 0 && rows.every((row) => said(row, at)));
}

function markdown(matrix: Matrix): string {
  const cell = ({ text, best }: Cell) => (best ? `**${markdownText(text)}**` : markdownText(text));
  const line = (cells: string[]) => `| ${cells.join(" | ")} |`;
  const rule = figures(matrix).map((right) => (right ? "---:" : "---"));
  return `${[
    line(matrix.head.map(markdownText)),
    line(rule),
    ...matrix.rows.map((row) => line(row.map(cell))),
  ].join("\n")}\n`;
}

const LATEX: Record<string, string> = {
  "\\": "\\textbackslash{}",
  "~": "\\textasciitilde{}",
  "^": "\\textasciicircum{}",
  "\u2212": "$-$",
  "∞": "$\\infty$",
  "–": "--",
};

function latexText(text: string): string {
  return text
    .replaceAll(/[\\~^\u2212∞–&%$#_{}]/g, (sign) => LATEX[sign] ?? `\\${sign}`)
    .replaceAll(/\s*\n\s*/g, " ");
}

function latex(matrix: Matrix): string {
  const cell = ({ text, best }: Cell) => (best ? `\\textbf{${latexText(text)}}` : latexText(text));
  const line = (cells: string[]) => `  ${cells.join(" & ")} \\\\`;
  const columns = figures(matrix)
    .map((right) => (right ? "r" : "l"))
    .join("");
  return `${[
    "% needs \\usepackage{booktabs}",
    `\\begin{tabular}{${columns}}`,
    "  \\toprule",
    line(matrix.head.map(latexText)),
    "  \\midrule",
    ...matrix.rows.map((row) => line(row.map(cell))),
    "  \\bottomrule",
    "\\end{tabular}",
  ].join("\n")}\n`;
}

export function written(matrix: Matrix, format: MatrixFormat): string {
  return { csv, markdown, latex }[format](matrix);
}
