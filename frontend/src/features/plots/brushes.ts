/** What was brushed on parallel axes: which runs are inside, as a filter, and as a URL has it. */
import { type Condition, joined, parseFilter, partsOf } from "../../api/filter-language";
import type { Domain } from "../../chart";
import type { PlotColumn } from "./columns";

export type Brushes = Readonly<Record<string, Domain>>;

/** Places of the runs that lie inside of all brushes. */
export function insideOf(
  columns: ReadonlyMap<string, PlotColumn>,
  brushes: Brushes,
  runs: number,
): number[] {
  const asked = Object.entries(brushes).flatMap(([name, domain]) => {
    const column = columns.get(name);
    return column ? [{ values: column.values, domain }] : [];
  });
  const inside = (at: number) =>
    asked.every(({ values, domain: [low, high] }) => {
      const value = values[at] ?? Number.NaN;
      return value >= low && value <= high;
    });
  return Array.from({ length: runs }, (_, at) => at).filter(inside);
}

function conditionsFor(column: PlotColumn, [low, high]: Domain): Condition[] {
  const { name: field, categories, words } = column;
  if (categories) {
    const values = categories.flatMap((text, at) =>
      at >= low && at <= high ? [{ text, quoted: words[at] ?? true }] : [],
    );
    return [{ kind: "is", field, operator: "in", values }];
  }
  const is = (operator: ">=" | "<=", value: number): Condition => ({
    kind: "is",
    field,
    operator,
    values: [{ text: String(value), quoted: false }],
  });
  return [is(">=", low), is("<=", high)];
}

/** The filter that finds the runs inside of the brushes, and meets the one that there is. */
export function brushFilter(
  filter: string,
  columns: ReadonlyMap<string, PlotColumn>,
  brushes: Brushes,
): string {
  const brushed = Object.entries(brushes).flatMap(([name, domain]) => {
    const column = columns.get(name);
    return column ? conditionsFor(column, domain) : [];
  });
  return joined([...partsOf(parseFilter(filter)), ...brushed]);
}

const escaped = (name: string) => encodeURIComponent(name).replaceAll("~", "%7E");

/** `config.lr~0.001~0.1`, several with commas in between. */
export function writeBrushes(brushes: Brushes): string | undefined {
  const parts = Object.entries(brushes).map(([name, domain]) =>
    [escaped(name), ...domain].join("~"),
  );
  return parts.join(",") || undefined;
}

export function readBrushes(text: string | undefined): Brushes {
  const parts = (text ?? "").split(",").flatMap((part): [string, Domain][] => {
    const [name, low, high] = part.split("~");
    const domain: Domain = [Number(low), Number(high)];
    if (!name || !low || !high || domain.some(Number.isNaN)) return [];
    return [[unescaped(name), domain]];
  });
  return Object.fromEntries(parts);
}

/** Names as a list in a URL. */
export const writeNames = (names: readonly string[]): string => names.map(escaped).join(",");
export const readNames = (text: string): string[] => text.split(",").filter(Boolean).map(unescaped);

function unescaped(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text; // somebody wrote the URL by hand: then it is the name itself
  }
}
