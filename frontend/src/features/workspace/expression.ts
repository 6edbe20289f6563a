/**
 * Expressions over metrics: `train/loss - val/loss`, `log(loss) * 2`, `${a key}` for odd names.
 *
 * They are computed point by point where the first key has points; of every other key the last
 * value up to there counts. Nothing but arithmetic can be said, so a shared view runs no code.
 */

type Env = (key: string) => number;
type Node = (env: Env) => number;

export interface Expression {
  keys: string[];
  value: Node;
}

export class ExpressionError extends Error {}

const FUNCTIONS: Record<string, (...values: number[]) => number> = {
  abs: Math.abs,
  exp: Math.exp,
  log: Math.log,
  log10: Math.log10,
  max: Math.max,
  min: Math.min,
  pow: (base = 0, power = 1) => base ** power,
  sqrt: Math.sqrt,
};

// A slash binds a key's name together where no space stands beside it.
const TOKEN =
  /\s*(?:(\d+\.?\d*(?:e[+-]?\d+)?|\.\d+(?:e[+-]?\d+)?)|\$\{([^}]+)\}|([A-Za-z_][\w.]*(?:\/[A-Za-z_][\w.-]*\b)*)|(\*\*|[-+*/(),]))/gy;

interface Token {
  kind: "number" | "key" | "sign" | "end";
  text: string;
  at: number;
}

function tokens(text: string): Token[] {
  const found: Token[] = [];
  TOKEN.lastIndex = 0;
  const end = text.trimEnd().length;
  while (TOKEN.lastIndex < end) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(text);
    if (!match) throw new ExpressionError(`column ${at + 1}: this is not understood`);
    const [, number, quoted, name, sign] = match;
    if (number !== undefined) found.push({ kind: "number", text: number, at });
    else if (sign !== undefined) found.push({ kind: "sign", text: sign, at });
    else found.push({ kind: "key", text: quoted ?? name ?? "", at });
  }
  return [...found, { kind: "end", text: "", at: end }];
}

class Parser {
  readonly keys = new Set<string>();
  private at = 0;

  constructor(private readonly tokens: Token[]) {}

  all(): Node {
    const node = this.sum();
    if (this.next.kind !== "end") this.fail("an operator is missing");
    return node;
  }

  private get next(): Token {
    return this.tokens[this.at] as Token;
  }

  private fail(why: string): never {
    throw new ExpressionError(`column ${this.next.at + 1}: ${why}`);
  }

  private took(...signs: string[]): string | null {
    const { kind, text } = this.next;
    if (kind !== "sign" || !signs.includes(text)) return null;
    this.at += 1;
    return text;
  }

  private sum(): Node {
    let left = this.product();
    for (let sign = this.took("+", "-"); sign; sign = this.took("+", "-")) {
      const [a, b] = [left, this.product()];
      left = sign === "+" ? (env) => a(env) + b(env) : (env) => a(env) - b(env);
    }
    return left;
  }

  private product(): Node {
    let left = this.signed();
    for (let sign = this.took("*", "/"); sign; sign = this.took("*", "/")) {
      const [a, b] = [left, this.signed()];
      left = sign === "*" ? (env) => a(env) * b(env) : (env) => a(env) / b(env);
    }
    return left;
  }

  private signed(): Node {
    if (!this.took("-")) return this.power();
    const inner = this.signed();
    return (env) => -inner(env);
  }

  private power(): Node {
    const base = this.atom();
    if (!this.took("**")) return base;
    const exponent = this.signed();
    return (env) => base(env) ** exponent(env);
  }

  private atom(): Node {
    if (this.took("(")) {
      const inner = this.sum();
      if (!this.took(")")) this.fail("a bracket is missing");
      return inner;
    }
    const token = this.next;
    if (token.kind === "number") {
      this.at += 1;
      const value = Number(token.text);
      return () => value;
    }
    if (token.kind !== "key") return this.fail("a metric or a number is missing");
    this.at += 1;
    const call = FUNCTIONS[token.text];
    if (call && this.took("(")) return this.call(call);
    this.keys.add(token.text);
    return (env) => env(token.text);
  }

  private call(call: (...values: number[]) => number): Node {
    const given = [this.sum()];
    while (this.took(",")) given.push(this.sum());
    if (!this.took(")")) this.fail("a bracket is missing");
    return (env) => call(...given.map((one) => one(env)));
  }
}

export function parseExpression(text: string): Expression {
  const parser = new Parser(tokens(text));
  const value = parser.all();
  if (parser.keys.size === 0) throw new ExpressionError("column 1: no metric is named");
  return { keys: [...parser.keys], value };
}

/** What is wrong with it, or null. */
export function wrongWith(text: string): string | null {
  try {
    parseExpression(text);
    return null;
  } catch (error) {
    return (error as Error).message;
  }
}

export interface Points {
  x: Float64Array;
  y: Float64Array;
}

interface Source {
  n: number;
  x: ArrayLike<number>;
  last: ArrayLike<number>;
}

/** The expression over the lines of one run; null while one of its keys has no points. */
export function evaluate(
  { keys, value }: Expression,
  lineOf: (key: string) => Source | null,
): Points | null {
  const lines = new Map<string, Source>();
  for (const key of keys) {
    const line = lineOf(key);
    if (!line?.n) return null;
    lines.set(key, line);
  }
  const first = lines.get(keys[0] as string) as Source;
  const at = new Map(keys.map((key) => [key, -1]));
  const y = new Float64Array(first.n);
  const x = Float64Array.from({ length: first.n }, (_, i) => first.x[i] as number);
  for (let i = 0; i < first.n; i += 1) {
    for (const [key, line] of lines) {
      let place = at.get(key) as number;
      while (place + 1 < line.n && (line.x[place + 1] as number) <= (x[i] as number)) place += 1;
      at.set(key, place);
    }
    y[i] = value((key) => {
      const place = at.get(key) as number;
      return place < 0 ? Number.NaN : ((lines.get(key) as Source).last[place] as number);
    });
  }
  return { x, y };
}
