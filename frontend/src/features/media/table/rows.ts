/**
 * Rows: a table as its files hold it, in an order and through filters. It runs in a worker, so
 * that no table is so large that the page waits for it.
 */
import type { Json } from "../../../api/types";

export type ColumnKind = "number" | "string" | "boolean" | "media" | "any";

export interface Column {
  name: string;
  kind: ColumnKind;
}

export interface Sorted {
  column: number;
  descending: boolean;
}

export interface View {
  text: string; // in any column
  filters: readonly (readonly [column: number, text: string])[];
  sort: Sorted | null;
}

export interface Table {
  columns: readonly Column[];
  rows: readonly (readonly Json[])[];
}

export const EVERYTHING: View = { text: "", filters: [], sort: null };

interface Part {
  columns: Json[];
  data: Json[][];
  types: Json[];
  previous: string | null; // the file before it, of a table that grew
}

/** What a file of a table holds. */
export function readPart(text: string): Part {
  const said: unknown = JSON.parse(text);
  const { columns, data, types, previous } = (said ?? {}) as Record<string, unknown>;
  if (!Array.isArray(columns) || !Array.isArray(data)) throw new Error("The file holds no table.");
  return {
    columns,
    data: data.filter(Array.isArray),
    types: Array.isArray(types) ? types : [],
    previous: typeof previous === "string" ? previous : null,
  };
}

/** The parts of a table as one, oldest first. */
export function joined(parts: readonly Part[]): Table {
  const last = parts.at(-1);
  const rows = parts.flatMap((part) => part.data);
  const columns = (last?.columns ?? []).map((name, at) => ({
    name: String(name),
    kind: kindOf(last?.types[at], rows, at),
  }));
  return { columns, rows };
}

const LOOKED_AT = 200; // rows, where nobody says what a column holds

function kindOf(said: Json | undefined, rows: readonly Json[][], at: number): ColumnKind {
  if (said === "number" || said === "string" || said === "boolean") return said;
  if (typeof said === "string" && (said.endsWith("-file") || said === "histogram")) return "media";
  const kinds = new Set<ColumnKind>();
  for (const row of rows.slice(0, LOOKED_AT)) {
    const cell = row[at];
    if (cell !== null && cell !== undefined) kinds.add(ofCell(cell));
  }
  const [kind] = kinds;
  return kinds.size === 1 && kind ? kind : "any";
}

function ofCell(cell: Json): ColumnKind {
  const kind = typeof cell;
  if (kind === "number" || kind === "string" || kind === "boolean") return kind as ColumnKind;
  return isMedia(cell) ? "media" : "any";
}

export function isMedia(cell: Json): boolean {
  const is = typeof cell === "object" && cell !== null && !Array.isArray(cell);
  return is && typeof cell._type === "string";
}

/** A cell as a number, where it is one; words for what is not finite are. */
export function asNumber(cell: Json | undefined): number | null {
  if (typeof cell === "number") return cell;
  if (typeof cell === "boolean") return Number(cell);
  if (cell === "NaN") return Number.NaN;
  if (cell === "Infinity") return Number.POSITIVE_INFINITY;
  return cell === "-Infinity" ? Number.NEGATIVE_INFINITY : null;
}

/** A cell as text: what is searched, and what a file of CSV holds. */
export function asText(cell: Json | undefined): string {
  if (cell === null || cell === undefined) return "";
  if (typeof cell === "string") return cell;
  if (typeof cell !== "object") return String(cell);
  if (!Array.isArray(cell) && typeof cell.path === "string") {
    return typeof cell.caption === "string" ? `${cell.caption} ${cell.path}` : cell.path;
  }
  return JSON.stringify(cell);
}

type Test = (cell: Json | undefined) => boolean;

const COMPARED = /^\s*(<=|>=|!=|<|>|=)\s*(-?[\d.]+(?:e[-+]?\d+)?)\s*$/i;
const BETWEEN = /^\s*(-?[\d.]+(?:e[-+]?\d+)?)\s*\.\.\s*(-?[\d.]+(?:e[-+]?\d+)?)\s*$/i;

/** Whether a cell is what was asked for: `> 0.5`, `1..3`, or a text that it has in it. */
export function tester(asked: string, kind: ColumnKind): Test {
  const numbers = kind === "number" || kind === "any";
  const [, sign, bound] = (numbers && COMPARED.exec(asked)) || [];
  if (sign && bound) return comparing(sign, Number(bound));
  const [, low, high] = (numbers && BETWEEN.exec(asked)) || [];
  if (low && high) {
    return (cell) => {
      const value = asNumber(cell);
      return value !== null && value >= Number(low) && value <= Number(high);
    };
  }
  const text = asked.toLowerCase();
  return (cell) => asText(cell).toLowerCase().includes(text);
}

const SIGNS: Record<string, (value: number, bound: number) => boolean> = {
  "<": (value, bound) => value < bound,
  ">": (value, bound) => value > bound,
  "<=": (value, bound) => value <= bound,
  ">=": (value, bound) => value >= bound,
  "=": (value, bound) => value === bound,
  "!=": (value, bound) => value !== bound,
};

function comparing(sign: string, bound: number): Test {
  const holds = SIGNS[sign] as (value: number, bound: number) => boolean;
  return (cell) => {
    const value = asNumber(cell);
    return value !== null && holds(value, bound);
  };
}

/** The rows that a view shows, as numbers of rows in their order. */
export function ordered({ columns, rows }: Table, { text, filters, sort }: View): Int32Array {
  const anywhere = text === "" ? null : tester(text, "string");
  const tests = filters
    .filter(([, asked]) => asked !== "")
    .map(([at, asked]) => ({ at, test: tester(asked, columns[at]?.kind ?? "any") }));
  const found = new Int32Array(rows.length);
  let many = 0;
  rows.forEach((row, number) => {
    if (anywhere && !row.some(anywhere)) return;
    if (!tests.every(({ at, test }) => test(row[at]))) return;
    found[many] = number;
    many += 1;
  });
  const shown = found.subarray(0, many);
  return sort ? inOrder(shown, rows, columns[sort.column]?.kind ?? "any", sort) : shown;
}

const { compare: byWords } = new Intl.Collator("en", { numeric: true });
const FEW = 20_000; // rows; of more, words are compared by their letters, which is ten times faster

/** Numbers before words, nothing at the end, equals as they stood. */
function inOrder(
  shown: Int32Array,
  rows: Table["rows"],
  kind: ColumnKind,
  { column, descending }: Sorted,
): Int32Array {
  const sign = descending ? -1 : 1;
  const numbers = new Float64Array(rows.length);
  const words = new Map<number, string>();
  for (const row of shown) {
    const cell = rows[row]?.[column];
    const value = kind === "string" ? null : asNumber(cell);
    numbers[row] = value ?? Number.NaN;
    const isEmpty = cell === null || cell === undefined || (value !== null && Number.isNaN(value));
    if (value === null && !isEmpty) words.set(row, asText(cell));
  }
  const compare = shown.length > FEW ? byLetters : byWords;
  return Int32Array.from(shown).sort((a, b) => {
    const [left, right] = [words.get(a), words.get(b)];
    if (left !== undefined && right !== undefined) return sign * compare(left, right) || a - b;
    const [low, high] = [numbers[a] as number, numbers[b] as number];
    const [isLow, isHigh] = [!Number.isNaN(low), !Number.isNaN(high)];
    if (isLow && isHigh) return sign * (low < high ? -1 : low > high ? 1 : 0) || a - b;
    const rank = (number: boolean, word: string | undefined) =>
      number ? 0 : word === undefined ? 2 : 1;
    return rank(isLow, left) - rank(isHigh, right) || a - b;
  });
}

function byLetters(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** What a spreadsheet reads; a cell that it would take for a formula is text there, too. */
export function csv({ columns, rows }: Table, shown: Int32Array): string {
  const lines = [columns.map(({ name }) => quoted(name)).join(",")];
  for (const row of shown) {
    lines.push((rows[row] ?? []).map((cell) => field(cell)).join(","));
  }
  return `${lines.join("\r\n")}\r\n`;
}

function field(cell: Json): string {
  return typeof cell === "number" ? String(cell) : quoted(asText(cell));
}

function quoted(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) && Number.isNaN(Number(text)) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
