/** The three faces that every reader of PDF has: how wide their letters are, and how text is coded. */

export type Face = "sans" | "serif" | "mono";

export const PDF_NAMES: Readonly<Record<Face, string>> = {
  sans: "Helvetica",
  serif: "Times-Roman",
  mono: "Courier",
};

export const CSS_NAMES: Readonly<Record<Face, string>> = {
  sans: "Helvetica, Arial, sans-serif",
  serif: "Times, 'Times New Roman', serif",
  mono: "Courier, 'Courier New', monospace",
};

/** Of the letters from space to tilde, in thousandths of the size (Adobe's own tables). */
const SANS =
  "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 278 584 584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944 667 667 611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 722 500 500 500 334 260 334 584";
const SERIF =
  "250 333 408 500 500 833 778 180 333 333 500 564 250 333 250 278 500 500 500 500 500 500 500 500 500 500 278 278 564 564 564 444 921 722 667 667 722 611 556 722 722 333 389 722 611 889 722 722 556 722 667 556 611 722 722 944 722 722 611 333 278 333 469 500 333 444 500 444 500 444 333 500 500 278 278 500 278 778 500 500 500 500 333 389 278 500 500 722 500 500 444 480 200 480 541";
const WIDTHS: Readonly<Record<Exclude<Face, "mono">, readonly number[]>> = {
  sans: SANS.split(" ").map(Number),
  serif: SERIF.split(" ").map(Number),
};
const OTHER: Readonly<Record<Face, number>> = { sans: 570, serif: 540, mono: 600 };

export function widthOf(text: string, face: Face, size: number): number {
  let width = 0;
  for (const letter of text) {
    const code = letter.codePointAt(0) as number;
    width += face === "mono" ? 600 : (WIDTHS[face][code - 32] ?? OTHER[face]);
  }
  return (width * size) / 1000;
}

/** Signs that the faces have and their usual code has not, by the codes that we give them. */
const SIGNS = [
  ["\u2212", "minus"],
  ["\u2264", "lessequal"],
  ["\u2265", "greaterequal"],
  ["\u0394", "Delta"],
] as const;
export const DIFFERENCES = `1 ${SIGNS.map(([, name]) => `/${name}`).join(" ")}`;

/** Codes 128 to 159 of Windows' Latin; those after are Unicode's own. */
const UPPER =
  "\u20ac\u0081\u201a\u0192\u201e\u2026\u2020\u2021\u02c6\u2030\u0160\u2039\u0152\u008d\u017d\u008f\u0090\u2018\u2019\u201c\u201d\u2022\u2013\u2014\u02dc\u2122\u0161\u203a\u0153\u009d\u017e\u0178";

function codeOf(letter: string): number {
  const code = letter.codePointAt(0) as number;
  if ((code >= 32 && code < 127) || (code >= 160 && code < 256)) return code;
  const sign = SIGNS.findIndex(([own]) => own === letter);
  if (sign >= 0) return sign + 1;
  if (letter === "\u03bc") return 0xb5;
  const upper = UPPER.indexOf(letter);
  return upper >= 0 ? 128 + upper : 63;
}

/** A text as a PDF string; a letter that the faces do not have becomes a question mark. */
export function pdfText(text: string): string {
  const codes = Array.from(text, (letter) => codeOf(letter).toString(16).padStart(2, "0"));
  return `<${codes.join("")}>`;
}
