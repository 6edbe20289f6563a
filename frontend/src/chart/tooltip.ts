/** The tooltip: which lines are nearest to the pointer, and what they say there. */

import { formatDelta, formatValue } from "./format";
import { type Box, type Point, place } from "./placement";
import { dress } from "./theme";
import type { ChartTheme, Reading } from "./types";

const ROWS = 5;
/** As chart.css has them: to know the size without asking the page to lay itself out. */
const HEAD = 37;
const ROW = 20;
const FOOT = 30;
const NARROWEST = 212;
const WIDEST = 320;
const BESIDE_NAME = 112;
const BESIDE_WHERE = 60;
const BESIDE_DELTA = 68;
const LETTER = 7.2;

export interface TooltipContent {
  readonly xLabel: string;
  readonly x: string;
  /** From the top of the chart to its bottom. */
  readonly rows: readonly Reading[];
  readonly total: number;
  readonly focus: string | null;
  /** Written behind a row whose own x is not the header's. */
  readonly elsewhere: (reading: Reading) => string | null;
}

function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  name: string,
  parent: HTMLElement,
): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  made.className = name;
  parent.append(made);
  return made;
}

class Row {
  readonly root: HTMLElement;
  private readonly swatch: HTMLElement;
  private readonly name: HTMLElement;
  private readonly where: HTMLElement;
  private readonly value: HTMLElement;
  private readonly delta: HTMLElement;

  constructor(parent: HTMLElement) {
    this.root = element("div", "chart-tip-row", parent);
    this.swatch = element("span", "chart-tip-swatch", this.root);
    this.name = element("span", "chart-tip-name", this.root);
    this.where = element("span", "chart-tip-where", this.root);
    this.value = element("span", "chart-tip-value", this.root);
    this.delta = element("span", "chart-tip-delta", this.root);
  }

  show(reading: Reading, isFocused: boolean, where: string | null): void {
    this.root.hidden = false;
    this.root.toggleAttribute("data-focused", isFocused);
    this.swatch.style.background = reading.color;
    this.name.textContent = reading.name;
    const members = reading.members === null ? "" : `n ${reading.members}`;
    this.where.textContent = where === null ? members : `@ ${where}`;
    this.value.textContent = formatValue(reading.value);
    this.delta.textContent = reading.delta === null ? "" : formatDelta(reading.delta);
  }
}

export class Tooltip {
  private readonly root: HTMLElement;
  private readonly label: HTMLElement;
  private readonly x: HTMLElement;
  private readonly total: HTMLElement;
  private readonly list: HTMLElement;
  private readonly foot: HTMLElement;
  private readonly actions: HTMLElement;
  private readonly rows: Row[] = [];
  private tsv = "";

  constructor(
    private readonly place: { readonly noun: string; readonly layers: HTMLElement },
    private readonly onClose: () => void,
  ) {
    this.root = element("div", "chart-tip", place.layers);
    this.root.hidden = true;
    const head = element("div", "chart-tip-head", this.root);
    this.label = element("span", "chart-tip-label", head);
    this.x = element("strong", "chart-tip-x", head);
    this.total = element("span", "chart-tip-total", head);
    this.list = element("div", "chart-tip-rows", this.root);
    this.foot = element("div", "chart-tip-foot", this.root);
    this.actions = element("div", "chart-tip-actions", this.root);
    this.button("Copy as TSV", () => void navigator.clipboard?.writeText(this.tsv));
    this.button("Close", () => this.onClose());
  }

  dress(theme: ChartTheme): void {
    dress(this.root, theme);
    this.root.dataset.theme = theme.mode;
  }

  /** Shows the nearest rows, or all of them when pinned, out of the way of `line`. */
  show(
    content: TooltipContent,
    pinned: boolean,
    anchor: Point,
    plot: Box,
    line: readonly Point[],
  ): void {
    this.fill(content, pinned);
    this.root.hidden = false;
    this.root.toggleAttribute("data-pinned", pinned);
    const size = this.size(content, pinned);
    this.root.style.width = `${size.width}px`;
    const window = { width: innerWidth, height: innerHeight };
    const { x, y } = place(size, anchor, plot, line, window);
    this.root.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
  }

  hide(): void {
    this.root.hidden = true;
  }

  contains(node: EventTarget | null): boolean {
    return node instanceof Node && this.root.contains(node);
  }

  destroy(): void {
    this.root.remove();
  }

  private size(
    { rows, elsewhere }: TooltipContent,
    pinned: boolean,
  ): { readonly width: number; readonly height: number } {
    const longest = Math.max(0, ...rows.map(({ name }) => name.length));
    const beside = rows.some((row) => elsewhere(row) !== null) ? BESIDE_WHERE : 0;
    const delta = rows.some((row) => row.delta !== null) ? BESIDE_DELTA : 0;
    const wanted = Math.ceil(BESIDE_NAME + beside + delta + LETTER * longest);
    const width = Math.max(NARROWEST, Math.min(WIDEST, wanted));
    const shown = Math.min(ROWS, rows.length);
    return { width, height: pinned ? this.root.offsetHeight : HEAD + ROW * shown + FOOT };
  }

  private fill(content: TooltipContent, pinned: boolean): void {
    const shown = pinned ? content.rows : nearestOf(content);
    this.label.textContent = content.xLabel;
    this.x.textContent = content.x;
    this.total.textContent = content.total > ROWS ? `${content.total} ${this.place.noun}s` : "";
    while (this.rows.length < shown.length) this.rows.push(new Row(this.list));
    this.rows.forEach((row, i) => {
      const reading = shown[i];
      if (!reading) row.root.hidden = true;
      else row.show(reading, reading.id === content.focus, content.elsewhere(reading));
    });
    const more = content.total - shown.length;
    this.foot.hidden = pinned;
    this.foot.textContent = `${more > 0 ? `${more} more \u00b7 ` : ""}click to pin`;
    this.actions.hidden = !pinned;
    if (pinned) this.tsv = asTsv(content);
  }

  private button(text: string, act: () => void): void {
    const button = element("button", "chart-tip-button", this.actions);
    button.type = "button";
    button.textContent = text;
    button.addEventListener("click", act);
  }
}

/** Five rows around the focused one, in the order in which they stand on the screen. */
function nearestOf({ rows, focus }: TooltipContent): readonly Reading[] {
  const at = Math.max(
    0,
    rows.findIndex((row) => row.id === focus),
  );
  const start = Math.max(0, Math.min(at - 2, rows.length - ROWS));
  return rows.slice(start, start + ROWS);
}

function asTsv({ xLabel, rows }: TooltipContent): string {
  const clean = (text: string): string => text.replace(/[\t\r\n]+/g, " ");
  const compared = rows.some((row) => row.delta !== null);
  const delta = (row: Reading): string => (compared ? `\t${row.delta ?? ""}` : "");
  return [
    `name\t${clean(xLabel)}\tvalue\traw${compared ? "\tdelta" : ""}`,
    ...rows.map((row) => `${clean(row.name)}\t${row.x}\t${row.value}\t${row.raw}${delta(row)}`),
  ].join("\n");
}
