/** Columns of runs as plots take them: numbers as such, anything else as places in a list of words. */
import type { RunField, RunFields } from "../../api/runs-table";
import type { Json } from "../../api/types";
import { fromJson, plain } from "../../kit/format";

export interface PlotColumn {
  name: string; // config.lr, summary.loss
  label: string;
  values: Float64Array; // NaN: the run has none
  categories: readonly string[] | null; // words that the values are places in
  words: readonly boolean[]; // of categories: whether it was a text
}

const MOST_PARAMETERS = 6;
const MOST_WORDS = 12; // a text with more is a name rather than a choice
const WIDE = 100; // times between the least and the greatest, as of a learning rate
const OWN = /^_|^(epoch|step|global_step|timestamp|runtime)$/i;
const { compare: byName } = new Intl.Collator("en", { numeric: true });

/** `config.lr` is `lr`; figures and fields keep their names, too. */
export const labelOf = (name: string): string => name.replace(/^(config|summary)\./, "");

/** The labels of columns that stand side by side: of a setting and a result that share a name, each says which it is. */
export function labelsOf(names: readonly string[]): string[] {
  const labels = names.map(labelOf);
  return labels.map((label, at) => {
    const name = names[at] as string;
    const shared = labels.some((other, place) => place !== at && other === label);
    if (!shared || label === name) return label;
    return `${label} (${name.startsWith("config.") ? "config" : "summary"})`;
  });
}

export function toColumn(name: string, raw: readonly Json[]): PlotColumn {
  const label = labelOf(name);
  const there = raw.filter((value) => value !== null);
  const numeric = there.every((value) => typeof value !== "boolean" && fromJson(value) !== null);
  if (numeric) {
    const values = Float64Array.from(raw, (value) => fromJson(value) ?? Number.NaN);
    return { name, label, values, categories: null, words: [] };
  }
  const kinds = new Map(there.map((value) => [plain(value), typeof value === "string"]));
  const categories = [...kinds.keys()].sort(byName);
  const places = new Map(categories.map((word, at) => [word, at]));
  const values = Float64Array.from(raw, (value) =>
    value === null ? Number.NaN : (places.get(plain(value)) ?? Number.NaN),
  );
  return {
    name,
    label,
    values,
    categories,
    words: categories.map((one) => kinds.get(one) ?? true),
  };
}

/** How an axis of the column is drawn unless asked otherwise. */
export function usualScale({ values, categories }: PlotColumn): "linear" | "log" | "category" {
  if (categories) return "category";
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low > 0 && high / low >= WIDE ? "log" : "linear";
}

/** Whether it says something of the runs that a reader would pick by: not a name for each. */
export function isChoice({ values, categories }: PlotColumn): boolean {
  return categories === null || categories.length <= Math.min(MOST_WORDS, values.length / 2 + 1);
}

function interest(key: string): number {
  if (OWN.test(key)) return 9;
  if (/(^|[/._])(val|valid|validation|eval|test)[/._-].*loss/i.test(key)) return 0;
  if (/loss$/i.test(key)) return 1;
  if (/(acc|accuracy|score|f1|auc|reward)$/i.test(key)) return 2;
  return 3;
}

/** Figures that can be explained, the most telling first. */
export function figuresOf(fields: RunFields): string[] {
  const numbers = fields.summary.filter(({ kind }) => kind === "number" || kind === "mixed");
  const rank = ({ key, differs }: RunField) => interest(key) + (differs ? 0 : 5);
  return [...numbers]
    .sort((a, b) => rank(a) - rank(b) || byName(a.key, b.key))
    .map(({ key }) => `summary.${key}`);
}

/** Parameters that can be drawn; those in which runs differ first. */
export function parametersOf(fields: RunFields): string[] {
  const drawn = fields.config.filter(({ kind, key }) => kind !== "other" && !key.startsWith("_"));
  const rank = ({ differs, kind }: RunField) => (differs ? 0 : 2) + (kind === "text" ? 1 : 0);
  return [...drawn].sort((a, b) => rank(a) - rank(b)).map(({ key }) => `config.${key}`);
}

/** What is shown until somebody chooses: parameters that differ and are no names. */
export function usualParameters(
  fields: RunFields,
  columns: ReadonlyMap<string, PlotColumn>,
): string[] {
  const differing = new Set(fields.config.filter((one) => one.differs).map(({ key }) => key));
  return parametersOf(fields)
    .filter((name) => differing.has(labelOf(name)))
    .filter((name) => {
      const column = columns.get(name);
      return column !== undefined && isChoice(column);
    })
    .slice(0, MOST_PARAMETERS);
}
