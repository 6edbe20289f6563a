/** What is drawn, as numbers: summaries, a table by x, and CSV. */

import type { Line } from "./line";
import type { ChartTable, Domain, LineSummary, PanelOptions } from "./types";

/** Places of a line whose x lies in a domain. */
function* placesIn(line: Line, [from, to]: Domain): Generator<number> {
  const [start, end] = line.data.asGiven ? [0, line.length] : inside(line, [from, to]);
  for (let i = start; i < end; i += 1) {
    const x = line.x[i] as number;
    if (x >= from && x <= to) yield i;
  }
}

function inside(line: Line, [from, to]: Domain): readonly [number, number] {
  const start = line.lowerBound(from);
  let end = line.lowerBound(to);
  while (end < line.length && (line.x[end] as number) <= to) end += 1;
  return [start, end];
}

export function summarize(line: Line): LineSummary {
  const { y, low, high, length } = line;
  let [min, max, last, nonFinite] = [Number.NaN, Number.NaN, Number.NaN, 0];
  for (let i = 0; i < length; i += 1) {
    const value = y[i] as number;
    if (!Number.isFinite(value)) continue;
    last = value;
    const least = low ? (low[i] as number) : value;
    const most = high ? (high[i] as number) : value;
    if (!(min <= least)) min = least;
    if (!(max >= most)) max = most;
  }
  line.eachMark(false, () => {
    nonFinite += 1;
  });
  return { id: line.data.id, name: line.data.name, points: length, last, min, max, nonFinite };
}

/** One row for each x that any line has inside the domain, cut after `maxRows`. */
export function tabulate(
  lines: readonly Line[],
  options: PanelOptions,
  domain: Domain,
  maxRows: number,
): ChartTable {
  const byX = new Map<number, (number | null)[]>();
  lines.forEach((line, column) => {
    const drawn = line.drawn(options);
    for (const i of placesIn(line, domain)) {
      const x = line.x[i] as number;
      const row = byX.get(x) ?? new Array<number | null>(lines.length).fill(null);
      row[column] = drawn[i] as number;
      byX.set(x, row);
    }
  });
  const xs = [...byX.keys()].sort((a, b) => a - b);
  return {
    columns: [options.xLabel, ...lines.map((line) => line.data.name)],
    rows: xs.slice(0, maxRows).map((x) => [x, ...(byX.get(x) ?? [])]),
    total: xs.length,
  };
}

const quoted = (text: string): string =>
  /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;

/** Rows as CSV; what is not there is empty. */
export function csvOf(rows: readonly (readonly (string | number | null)[])[]): string {
  const line = (row: readonly (string | number | null)[]): string =>
    row.map((cell) => (cell === null ? "" : quoted(String(cell)))).join(",");
  return `${rows.map(line).join("\r\n")}\r\n`;
}

const MARK_VALUES = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];

/** Marks that no point of the line stands for already. */
function* loneMarks(line: Line, [from, to]: Domain): Generator<readonly [number, number]> {
  const { marks } = line.data;
  if (!marks) return;
  for (let i = 0; i < marks.x.length; i += 1) {
    const x = marks.x[i] as number;
    if (x < from || x > to) continue;
    const at = line.lowerBound(x);
    const said = line.x[at] === x && !Number.isFinite(line.y[at] as number);
    if (!said) yield [x, MARK_VALUES[marks.kind[i] as number] ?? Number.NaN];
  }
}

/** Every point inside the domain: what is drawn, what was logged, and the extremes behind it. */
export function toCsv(lines: readonly Line[], options: PanelOptions, domain: Domain): string {
  const rows = [`line,name,${quoted(options.xLabel || "x")},value,raw,low,high`];
  for (const line of lines) {
    const drawn = line.drawn(options);
    const label = `${quoted(line.data.id)},${quoted(line.data.name)}`;
    for (const i of placesIn(line, domain)) {
      const raw = line.y[i] as number;
      const [low, high] = [line.low?.[i] ?? raw, line.high?.[i] ?? raw];
      rows.push(`${label},${line.x[i]},${drawn[i]},${raw},${low},${high}`);
    }
    for (const [x, value] of loneMarks(line, domain)) {
      rows.push(`${label},${x},${value},${value},${value},${value}`);
    }
  }
  return `${rows.join("\r\n")}\r\n`;
}
