/**
 * Panel: one chart on the page. It keeps the lines for looking up, and tells the stage what to paint.
 *
 * What is read, tabled and exported here is what the stage draws, because both hold the same lines.
 */

import type { Act } from "./act";
import { formatX } from "./format";
import { xDomainOf } from "./layout";
import { Line } from "./line";
import { pack, type Tail } from "./messages";
import { defaultOptions } from "./options";
import { Pane, type PaneRoom } from "./pane";
import { readAll } from "./readout";
import { type Scale, scaleOf } from "./scales";
import { summarize, tabulate, toCsv } from "./table";
import type {
  ChartPanel,
  ChartTable,
  Domain,
  Frame,
  LineData,
  LineSummary,
  PanelOptions,
  Reading,
} from "./types";

const union = (a: Domain, b: Domain): Domain => [Math.min(a[0], b[0]), Math.max(a[1], b[1])];

export class Panel extends Pane implements ChartPanel {
  protected readonly shows = "lines";
  private lines: Line[] = [];
  private byId = new Map<string, Line>();
  private options: PanelOptions;
  private readonly tails = new Map<string, { x: number[]; y: number[] }>();
  /** All that x spanned when it was last seen without a zoom. */
  private whole: Domain | null = null;
  /** The view that lasts from the end of a zoom until lines come that fill it. */
  private held: Domain | null = null;
  private scales: { x: Scale; y: Scale } | null = null;

  constructor(id: number, host: HTMLElement, options: Partial<PanelOptions>, room: PaneRoom) {
    super(id, host, room, "line chart");
    this.options = { ...defaultOptions, ...options };
    this.describe();
  }

  protected tellAll(): void {
    this.sendOptions();
    this.zoomed();
    if (this.lines.length > 0) this.sendLines();
  }

  protected async makeAct(): Promise<Act> {
    const { LineAct } = await import("./act");
    return new LineAct(this.options, this.lines, this.view);
  }

  setLines(lines: readonly LineData[]): void {
    this.lines = lines.map((data) => new Line(data));
    this.byId = new Map(this.lines.map((line) => [line.data.id, line]));
    const wasHeld = this.held !== null;
    this.held = null;
    if (wasHeld) this.sendView();
    this.noteWhole();
    this.sendLines();
    this.describe();
  }

  append(id: string, x: ArrayLike<number>, y: ArrayLike<number>): void {
    const line = this.byId.get(id);
    if (!line || x.length === 0) return;
    line.append(x, y);
    const tail = this.tails.get(id) ?? { x: [], y: [] };
    for (let i = 0; i < Math.min(x.length, y.length); i += 1) {
      tail.x.push(x[i] as number);
      tail.y.push(y[i] as number);
    }
    this.tails.set(id, tail);
    this.room.willDrain(this);
  }

  /** Sends what was appended since the last batch, as one message. */
  override drain(): void {
    if (this.tails.size === 0) return;
    this.noteWhole();
    const tails: Tail[] = [...this.tails].map(([id, { x, y }]) => ({
      id,
      x: Float64Array.from(x),
      y: Float64Array.from(y),
    }));
    this.tails.clear();
    this.room.send(this, { type: "append", panel: this.id, tails });
  }

  setOptions(options: Partial<PanelOptions>): void {
    const { xKind, xScale } = this.options;
    this.options = { ...this.options, ...options };
    if (this.options.xKind !== xKind || this.options.xScale !== xScale) this.whole = null;
    this.sendOptions();
    this.describe();
  }

  get settings(): PanelOptions {
    return this.options;
  }

  shownLines(): Line[] {
    return this.lines.filter((line) => !this.room.hidden.has(line.group));
  }

  lineOf(group: string): Line | null {
    if (this.room.hidden.has(group)) return null;
    return this.lines.find((line) => line.group === group) ?? null;
  }

  /** What x spans now, whether or not it was painted already. */
  get xDomain(): Domain {
    return xDomainOf(this.shownLines(), this.options, this.view);
  }

  /** All that x could span: while zoomed the lines may hold no more than what is in view. */
  get xWhole(): Domain {
    const here = xDomainOf(this.shownLines(), this.options, null);
    return this.view && this.whole ? union(this.whole, here) : here;
  }

  private get view(): Domain | null {
    return this.room.zoomOf(this) ?? this.held;
  }

  readout(x: number): Reading[] {
    const { options, room } = this;
    return readAll(this.shownLines(), x, options, room.theme, this.frame?.xDomain ?? this.xDomain);
  }

  summaries(): LineSummary[] {
    return this.shownLines().map(summarize);
  }

  toTable(maxRows = 500): ChartTable {
    return tabulate(this.shownLines(), this.options, this.xDomain, maxRows);
  }

  exportCsv(): string {
    return toCsv(this.shownLines(), this.options, this.xDomain);
  }

  /** Pixels of what is on the screen now, not of what will be. */
  get onScreen(): { readonly x: Scale; readonly y: Scale } | null {
    return this.scales;
  }

  override paintedAs(frame: Frame, paints: number): void {
    super.paintedAs(frame, paints);
    const { left, top, width, height } = frame.plot;
    this.scales = {
      x: scaleOf(frame.xScale, frame.xDomain, [left, left + width]),
      y: scaleOf(frame.yScale, frame.yDomain, [top + height, top]),
    };
  }

  override zoomed(): void {
    const zoom = this.room.zoomOf(this);
    const here = xDomainOf(this.shownLines(), this.options, null);
    // Zoomed lines may be a part of all there is: the axis goes back before the data can.
    const isPart = this.whole !== null && (this.whole[0] < here[0] || this.whole[1] > here[1]);
    this.held = zoom === null && isPart && this.lines.length > 0 ? this.whole : null;
    this.sendView();
  }

  private noteWhole(): void {
    if (this.view === null) this.whole = this.xWhole;
    else if (this.whole) this.whole = union(this.whole, this.xWhole);
  }

  private sendView(): void {
    this.room.send(this, { type: "zoom", panel: this.id, domain: this.view });
  }

  private sendOptions(): void {
    this.room.send(this, { type: "options", panel: this.id, options: this.options });
  }

  private sendLines(): void {
    this.tails.clear();
    const packed = pack(this.lines);
    this.room.send(this, { type: "lines", panel: this.id, packed }, [packed.buffer]);
  }

  private describe(): void {
    const { title, xLabel, xKind } = this.options;
    const count = this.lines.length;
    const [from, to] = this.xWhole.map((x) => formatX(xKind, x));
    const reach = count > 0 ? `, ${xLabel} ${from} to ${to}` : "";
    const lines = `${count} ${this.room.noun}${count === 1 ? "" : "s"}`;
    this.host.setAttribute(
      "aria-label",
      `${title || "Chart"}: ${lines}${reach}. Arrow keys read values, plus and minus zoom, 0 shows all.`,
    );
  }
}
