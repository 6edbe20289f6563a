/**
 * ANSI: what a terminal would colour, as pieces of text with the name of a colour.
 *
 * Colours are the page's own, by the eight names of a terminal; of the many others the nearest
 * of those is taken. What moves a cursor is left out: the line has been put together already.
 */

export type AnsiColor = "red" | "green" | "yellow" | "blue" | "magenta" | "cyan" | "gray";

export interface Piece {
  text: string;
  color: AnsiColor | null;
  bold: boolean;
  dim: boolean;
}

interface Pen {
  color: AnsiColor | null;
  bold: boolean;
  dim: boolean;
}

const PLAIN: Pen = { color: null, bold: false, dim: false };
const BASIC: readonly (AnsiColor | null)[] = [
  "gray",
  "red",
  "green",
  "yellow",
  "blue",
  "magenta",
  "cyan",
  null,
];
// biome-ignore lint/suspicious/noControlCharactersInRegex: escapes are what is looked for
const ESCAPE = /\x1b(?:\[([0-9;:]*)([A-Za-z])|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[@-Z\\-_])/g;
// biome-ignore lint/suspicious/noControlCharactersInRegex: as above
const CONTROL = /[\x00-\x08\x0b-\x1f\x7f]/g;

/** The pieces of a line; a line without escapes is one. */
export function pieces(line: string): Piece[] {
  if (!line.includes("\x1b")) return [{ text: line.replace(CONTROL, ""), ...PLAIN }];
  const cut: Piece[] = [];
  let pen = PLAIN;
  let from = 0;
  const keep = (to: number) => {
    const text = line.slice(from, to).replace(CONTROL, "");
    if (text) cut.push({ text, ...pen });
  };
  for (const found of line.matchAll(ESCAPE)) {
    keep(found.index);
    from = found.index + found[0].length;
    if (found[2] === "m") pen = turned(pen, found[1] ?? "");
  }
  keep(line.length);
  return cut;
}

/** The line as it reads. */
export function readable(line: string): string {
  return pieces(line)
    .map(({ text }) => text)
    .join("");
}

function turned(pen: Pen, said: string): Pen {
  const codes = said.split(/[;:]/).map((code) => Number(code || 0));
  let next = pen;
  while (codes.length > 0) next = step(next, codes.shift() as number, codes);
  return next;
}

function step(pen: Pen, code: number, rest: number[]): Pen {
  if (code === 0) return PLAIN;
  if (code === 1) return { ...pen, bold: true };
  if (code === 2) return { ...pen, dim: true };
  if (code === 22) return { ...pen, bold: false, dim: false };
  if (code === 39) return { ...pen, color: null };
  if (code >= 30 && code <= 37) return { ...pen, color: BASIC[code - 30] ?? null };
  if (code >= 90 && code <= 97) return { ...pen, color: BASIC[code - 90] ?? null };
  if (code === 38) return { ...pen, color: extended(rest) };
  if (code === 48) extended(rest); // a background, which is left out with its numbers
  return pen;
}

function extended(rest: number[]): AnsiColor | null {
  const kind = rest.shift();
  if (kind === 2) {
    const [red = 0, green = 0, blue = 0] = rest.splice(0, 3);
    return nearest(red, green, blue);
  }
  if (kind !== 5) return null;
  const index = rest.shift() ?? 0;
  if (index < 16) return BASIC[index % 8] ?? null;
  if (index >= 232) return index < 250 ? "gray" : null;
  const cube = index - 16;
  const level = (value: number) => (value === 0 ? 0 : 55 + value * 40);
  return nearest(level(Math.floor(cube / 36)), level(Math.floor(cube / 6) % 6), level(cube % 6));
}

/** By hue; what has hardly any is gray, and what is bright then is text. */
function nearest(red: number, green: number, blue: number): AnsiColor | null {
  const high = Math.max(red, green, blue);
  const span = high - Math.min(red, green, blue);
  if (span < 40) return high > 200 ? null : "gray";
  const hue =
    high === red
      ? ((green - blue) / span + 6) % 6
      : high === green
        ? (blue - red) / span + 2
        : (red - green) / span + 4;
  return (
    (["red", "yellow", "green", "cyan", "blue", "magenta"] as const)[Math.round(hue) % 6] ?? null
  );
}
