/**
 * Filters as people write them, `config.lr >= 3e-4 and tags has "best"`: read, shown as parts, and
 * written again. The server reads the same language (domain/filter_text.py); both are tested with
 * the cases of tests/contracts/filter_language.json. Times and patterns are judged by the server.
 */
import {
  BadFilter,
  fieldText,
  OPERATORS,
  type Operator,
  patternText,
  readField,
  readOperator,
  readValue,
  skipSpace,
  startsWord,
  type Token,
  valueText,
  type Word,
} from "./filter-words";
import type { Json, JsonMap } from "./types";

export { BadFilter, type Operator, type Word } from "./filter-words";

export interface Condition {
  kind: "is";
  field: string;
  operator: Operator;
  values: Word[];
}

export type Filter =
  | Condition
  | { kind: "and" | "or"; of: Filter[] }
  | { kind: "not"; of: [Filter] };

const TEXTS = ["state", "name", "id", "user", "group", "job_type", "notes", "host"];
const TIMES = ["created_at", "started_at", "heartbeat_at", "finished_at"];
export const FIELDS: readonly string[] = [...TEXTS, "tags", "duration", ...TIMES];
export const FIGURES: readonly string[] = ["min", "max", "mean"]; // of what was logged under a key
const PARTS = ["config", "summary", ...FIGURES];
const CALLED: Record<string, string> = { name: "display_name" }; // there, `name` is the id
const NUMBER = /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/;
const SPAN = /^(?:\d+(?:\.\d+)?[smhdw])+$/;
const SECONDS: Record<string, number> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };
const DEEPEST = 64;

/**
 * The filter that a text means; null when it is empty.
 * @throws BadFilter with the column.
 */
export function parseFilter(text: string): Filter | null {
  return new Parser(text).whole();
}

/** Whether a text is meant as a filter, right or wrong, and not as words to look for. */
export function meantAsFilter(text: string): boolean {
  if (/[=<>~]/.test(text)) return true;
  const [, field = "", operator] =
    /^\s*(?:not\s+|\(\s*)*([^\s(]+)\s+(has|contains|in|not\s+in|exists|missing)\b/i.exec(text) ??
    [];
  return operator !== undefined && known(field) !== null;
}

/** A filter as text that means the same. */
export function filterText(filter: Filter): string {
  switch (filter.kind) {
    case "is":
      return conditionText(filter);
    case "not": {
      const [inner] = filter.of;
      const text = filterText(inner);
      return inner.kind === "and" || inner.kind === "or" ? `not (${text})` : `not ${text}`;
    }
    default:
      return filter.of
        .map((one) =>
          one.kind === "and" || one.kind === "or" ? `(${filterText(one)})` : filterText(one),
        )
        .join(` ${filter.kind} `);
  }
}

export function conditionText({ field, operator, values }: Condition): string {
  const start = `${fieldText(field)} ${operator}`;
  if (operator === "exists" || operator === "missing") return start;
  if (operator === "in" || operator === "not in") {
    return `${start} (${values.map(valueText).join(", ")})`;
  }
  const value = values[0] ?? { text: "", quoted: true };
  const pattern = operator === "~" || operator === "!~";
  return `${start} ${pattern ? patternText(value.text) : valueText(value)}`;
}

/** The parts of which all must hold: what is shown as chips. */
export function partsOf(filter: Filter | null): Filter[] {
  if (filter === null) return [];
  return filter.kind === "and" ? filter.of : [filter];
}

/** All parts as one text. */
export function joined(parts: readonly Filter[]): string {
  const [first] = parts;
  if (!first) return "";
  return filterText(parts.length === 1 ? first : { kind: "and", of: [...parts] });
}

/** The mapping that the server makes of it. */
export function treeOf(filter: Filter | null): JsonMap {
  if (filter === null) return {};
  if (filter.kind === "not") return { $not: treeOf(filter.of[0]) };
  if (filter.kind !== "is") return { [`$${filter.kind}`]: filter.of.map(treeOf) };
  return { [CALLED[filter.field] ?? filter.field]: said(filter) };
}

function said({ field, operator, values }: Condition): JsonMap {
  const [value] = values;
  const text = value?.text ?? "";
  switch (operator) {
    case "exists":
    case "missing":
      return { $exists: operator === "exists" };
    case "~":
      return { $regex: text };
    case "!~":
      return { $not: { $regex: text } };
    case "contains":
      return { $contains: text };
    case "in":
    case "not in":
      return { [OPERATORS[operator]]: values.map((one) => meaning(field, one)) };
    default:
      return { [OPERATORS[operator]]: value ? meaning(field, value) : null };
  }
}

/** The value that a word means for a field. */
function meaning(field: string, { text, quoted }: Word): Json {
  const low = text.toLowerCase();
  if (!quoted && low === "null") return null;
  if (field === "duration") return seconds(text) ?? text;
  if (quoted || TEXTS.includes(field) || field === "tags") return text;
  if (NUMBER.test(text)) return Number(text);
  if (TIMES.includes(field)) return text;
  return low === "true" ? true : low === "false" ? false : text;
}

function seconds(text: string): number | null {
  if (NUMBER.test(text)) return Number(text);
  if (!SPAN.test(text)) return null;
  const parts = text.matchAll(/(\d+(?:\.\d+)?)([smhdw])/g);
  return [...parts].reduce((sum, [, n, unit = "s"]) => sum + Number(n) * (SECONDS[unit] ?? 1), 0);
}

/** The field of a name; the case of what we named does not matter, of keys it does. */
function known(name: string): string | null {
  const dot = name.indexOf(".");
  const head = (dot < 0 ? name : name.slice(0, dot)).toLowerCase();
  if (dot < 0) return FIELDS.includes(head) ? head : null;
  const key = name.slice(dot + 1);
  return PARTS.includes(head) && key ? `${head}.${key}` : null;
}

class Parser {
  private at = 0;
  private nested = 0;
  private readonly text: string;

  constructor(text: string) {
    this.text = text;
  }

  whole(): Filter | null {
    if (!this.text.trim()) return null;
    const filter = this.series("or", () => this.series("and", () => this.one()));
    if (this.place() < this.text.length) {
      this.missing(this.text[this.at] === ")" ? "a (" : "and or or");
    }
    return filter;
  }

  private series(word: "and" | "or", next: () => Filter): Filter {
    const found = [next()];
    while (this.word(word)) found.push(next());
    return found.length === 1 ? (found[0] as Filter) : { kind: word, of: found };
  }

  private one(): Filter {
    const place = this.place();
    if (this.nested >= DEEPEST) this.wrong(place, `a filter is nested at most ${DEEPEST} deep`);
    this.nested += 1;
    try {
      if (this.word("not")) return { kind: "not", of: [this.one()] };
      if (!this.sign("(")) return this.condition();
      const inner = this.series("or", () => this.series("and", () => this.one()));
      if (!this.sign(")")) this.missing(")");
      return inner;
    } finally {
      this.nested -= 1;
    }
  }

  private condition(): Condition {
    const start = this.place();
    if (startsWord(this.text, start, "and", "or")) this.missing("a field");
    const [name, end] = readField(this.text, start);
    this.at = end;
    if (!name) this.missing("a field");
    const field = known(name);
    if (field === null) return this.wrong(start, `there is no field '${name.slice(0, 128)}'`);
    const place = this.place();
    const [operator, behind] = readOperator(this.text, place);
    if (operator === null) {
      return this.wrong(place, `an operator is missing after ${name.slice(0, 128)}`);
    }
    this.at = behind;
    if (operator === "has" && field !== "tags") {
      this.wrong(place, "has is about tags; another field is compared with =");
    }
    return { kind: "is", field, operator, values: this.values(field, operator) };
  }

  private values(field: string, operator: Operator): Word[] {
    if (operator === "exists" || operator === "missing") return [];
    if (operator === "in" || operator === "not in") return this.list(field);
    const token = this.value(operator);
    if (operator === "~" || operator === "!~" || operator === "contains") return [wordOf(token)];
    const isNull = !token.quoted && token.text.toLowerCase() === "null";
    if (isNull && operator !== "=" && operator !== "!=") {
      this.wrong(token.at, `null cannot stand after ${operator}`);
    }
    return [this.checked(field, token)];
  }

  private list(field: string): Word[] {
    if (!this.sign("(")) this.missing("a list in parentheses");
    const values = [this.checked(field, this.value("("))];
    while (this.sign(",")) values.push(this.checked(field, this.value(",")));
    if (!this.sign(")")) this.missing(", or )");
    return values;
  }

  private checked(field: string, token: Token): Word {
    const isNull = !token.quoted && token.text.toLowerCase() === "null";
    if (field === "duration" && !isNull && seconds(token.text) === null) {
      this.wrong(token.at, "a duration is like 90, 5m or 1h30m");
    }
    return wordOf(token);
  }

  private value(after: string): Token {
    const place = this.place();
    const token = readValue(this.text, place, after === "~" || after === "!~");
    if (token === null) return this.wrong(place, `a value is missing after ${after}`);
    this.at = token.end;
    return token;
  }

  private place(): number {
    this.at = skipSpace(this.text, this.at);
    return this.at;
  }

  private word(word: string): boolean {
    if (!startsWord(this.text, this.place(), word)) return false;
    this.at += word.length;
    return true;
  }

  private sign(sign: string): boolean {
    if (!this.text.startsWith(sign, this.place())) return false;
    this.at += sign.length;
    return true;
  }

  private missing(what: string): never {
    return this.wrong(this.place(), `${what} is missing`);
  }

  private wrong(place: number, detail: string): never {
    throw new BadFilter(this.text, place, detail);
  }
}

const wordOf = ({ text, quoted }: Token): Word => ({ text, quoted });
