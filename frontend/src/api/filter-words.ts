/**
 * The words of a filter's text, one after another. Places count from 0 here; people are told
 * columns, which count from 1. The server reads the same words (domain/filter_words.py).
 */

/** How an operator is written, and what it is in wandb's mappings. */
export const OPERATORS = {
  "=": "$eq",
  "!=": "$ne",
  "<": "$lt",
  "<=": "$lte",
  ">": "$gt",
  ">=": "$gte",
  "~": "$regex",
  "!~": "$not",
  has: "$eq",
  contains: "$contains",
  in: "$in",
  "not in": "$nin",
  exists: "$exists",
  missing: "$exists",
} as const;
export type Operator = keyof typeof OPERATORS;

/** A value as it was written; `quoted` is a text, whatever it looks like. */
export interface Word {
  text: string;
  quoted: boolean;
}

export interface Token extends Word {
  at: number;
  end: number;
}

/** A text is no filter; `column` says where. */
export class BadFilter extends Error {
  readonly column: number;

  constructor(text: string, place: number, detail: string) {
    super(detail);
    this.name = "BadFilter";
    this.column = [...text.slice(0, place)].length + 1;
  }
}

const NAME = /[\p{L}\p{N}_./-]+/uy;
const BARE = /[\p{L}\p{N}_.:/+-]+/uy;
const SIGN = /!~|!=|<=|>=|==|=|<|>|~/y;
const SPELLED = /not\s+in|has|contains|in|exists|missing/iy;
const SPACE = /\s*/y;
const RESERVED = new Set(["and", "or", "not"]);

function match(pattern: RegExp, text: string, at: number): string | null {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0] ?? null;
}

export const skipSpace = (text: string, at: number) => at + (match(SPACE, text, at) ?? "").length;

/** Whether one of the words stands here, by itself. */
export function startsWord(text: string, at: number, ...words: string[]): boolean {
  const found = match(BARE, text, at);
  return found !== null && words.includes(found.toLowerCase());
}

/** The name of a field, and where it ends; parts of a key may be quoted. */
export function readField(text: string, start: number): [string, number] {
  let name = "";
  let at = start;
  for (;;) {
    if (name.endsWith(".") && (text[at] === '"' || text[at] === "'")) {
      const [part, end] = readQuoted(text, at);
      at = end;
      if (!part) return [name, at];
      name += part;
    } else {
      const found = match(NAME, text, at);
      if (found === null) return [name, at];
      name += found;
      at += found.length;
    }
  }
}

/** The operator that stands here, and where it ends. */
export function readOperator(text: string, at: number): [Operator | null, number] {
  const sign = match(SIGN, text, at);
  if (sign) return [sign === "==" ? "=" : (sign as Operator), at + sign.length];
  const found = match(SPELLED, text, at);
  if (found === null || match(BARE, text, at + found.length) !== null) return [null, at];
  return [found.toLowerCase().split(/\s+/).join(" ") as Operator, at + found.length];
}

/** The value that stands here; a pattern may stand between slashes. */
export function readValue(text: string, at: number, pattern: boolean): Token | null {
  const first = text[at];
  if (first === '"' || first === "'") {
    const [value, end] = readQuoted(text, at);
    return { text: value, quoted: true, at, end };
  }
  if (first === "/" && pattern) {
    const [value, end] = readPattern(text, at);
    return { text: value, quoted: true, at, end };
  }
  const found = match(BARE, text, at);
  if (found === null || RESERVED.has(found.toLowerCase())) return null;
  return { text: found, quoted: false, at, end: at + found.length };
}

/** What stands in quotes; a backslash stands before a quote or another backslash. */
function readQuoted(text: string, start: number): [string, number] {
  const mark = text[start] ?? "";
  let found = "";
  for (let at = start + 1; at < text.length; at += 1) {
    if (text[at] === mark) return [found, at + 1];
    if (text[at] === "\\" && (text[at + 1] === mark || text[at + 1] === "\\")) at += 1;
    found += text[at];
  }
  throw new BadFilter(text, start, `this ${mark} is not closed`);
}

/** What stands between slashes; a slash in it is escaped, and an i behind it folds case. */
function readPattern(text: string, start: number): [string, number] {
  let at = start + 1;
  let found = "";
  while (at < text.length && text[at] !== "/") {
    if (text[at] === "\\" && at + 1 < text.length) {
      found += text[at + 1] === "/" ? "/" : text.slice(at, at + 2);
      at += 2;
    } else {
      found += text[at];
      at += 1;
    }
  }
  if (at >= text.length) throw new BadFilter(text, start, "this / is not closed");
  if (!found) throw new BadFilter(text, start, "this pattern is empty");
  const flags = match(BARE, text, at + 1);
  if (flags === null) return [found, at + 1];
  if (flags !== "i") throw new BadFilter(text, at + 1, "behind a pattern stands an i or nothing");
  return [`(?i)${found}`, at + 1 + flags.length];
}

const quoted = (text: string) => `"${text.replaceAll("\\", "\\\\").replaceAll('"', '\\"')}"`;
const whole = (pattern: RegExp, text: string) => match(pattern, text, 0) === text && text !== "";

/** A value as it is read again. */
export function valueText({ text, quoted: inQuotes }: Word): string {
  const bare = !inQuotes && whole(BARE, text) && !RESERVED.has(text.toLowerCase());
  return bare ? text : quoted(text);
}

/** A pattern between slashes. */
export function patternText(pattern: string): string {
  if (pattern.endsWith("\\") || pattern === "" || pattern === "(?i)") return quoted(pattern);
  const folded = pattern.startsWith("(?i)");
  const body = folded ? pattern.slice(4) : pattern;
  const escaped = body.replace(/\\.|\//gs, (part) => (part === "/" ? "\\/" : part));
  return `/${escaped}/${folded ? "i" : ""}`;
}

/** A field as it is read again: keys with other characters stand in quotes. */
export function fieldText(field: string): string {
  const dot = field.indexOf(".");
  if (dot < 0 || whole(NAME, field)) return field;
  return `${field.slice(0, dot + 1)}${quoted(field.slice(dot + 1))}`;
}
