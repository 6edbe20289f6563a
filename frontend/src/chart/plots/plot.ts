/** Plot: a panel that is not lines. It keeps its spec, tells the stage, and knows what is where. */

import type { Act } from "../act";
import type { PlotView } from "../messages";
import { Pane, type PaneRoom } from "../pane";
import type { ChartPlot, ParallelAxis, PlotHooks, PlotHover, PlotSpec } from "../plot-types";
import type { ChartTable, ChartTheme, Domain, Frame } from "../types";
import { describe, hit, lengthOf, type Sight, trail } from "./hits";
import { axisPlaces, brushed } from "./places";
import { extentOf } from "./ramps";
import { csvOfSheet, sheetOf, tableOf } from "./tables";
import { PlotTip } from "./tip";

const NAMES: Readonly<Record<PlotSpec["type"], string>> = {
  scatter: "scatter plot",
  bar: "bar chart",
  box: "box plot",
  heat: "heat map",
  matrix: "matrix",
  parallel: "parallel coordinates",
};

/** The values between two places of an axis; at its ends the outermost themselves, unrounded. */
function valuesBetween(axis: ParallelAxis, [low, high]: Domain): Domain {
  const { value } = axisPlaces(axis);
  const [least, most] = extentOf(axis.values);
  return [
    low <= 0 ? Math.min(least, value(0)) : value(low),
    high >= 1 ? Math.max(most, value(1)) : value(high),
  ];
}

export class Plot extends Pane implements ChartPlot {
  protected readonly shows = "plot";
  spec: PlotSpec;
  view: PlotView = { x: null, y: null, brushes: {}, draft: false };
  /** The item that the pointer or the keyboard is at; −1 for none. */
  hovered = -1;
  private readonly tip: PlotTip;
  private readonly mark = document.createElementNS("http://www.w3.org/2000/svg", "svg");

  constructor(
    id: number,
    host: HTMLElement,
    spec: PlotSpec,
    readonly hooks: PlotHooks,
    room: PaneRoom,
  ) {
    super(id, host, room, NAMES[spec.type]);
    this.spec = spec;
    if (spec.type === "parallel") this.view = { ...this.view, brushes: spec.brushes ?? {} };
    this.tip = new PlotTip(room.layers);
    this.tip.dress(room.theme);
    this.mark.setAttribute("class", "chart-mark");
    this.overlay.root.append(this.mark);
    this.label();
  }

  protected tellAll(): void {
    this.tellSpec();
    this.tellView();
  }

  setSpec(spec: PlotSpec): void {
    this.spec = spec;
    if (spec.type === "parallel" && spec.brushes && spec.brushes !== this.view.brushes) {
      this.view = { ...this.view, brushes: spec.brushes };
      this.tellView();
    }
    this.hover(-1);
    this.tellSpec();
    this.label();
  }

  setHovered(id: string | null): void {
    const { spec } = this;
    if (!("ids" in spec)) return;
    this.hovered = id === null ? -1 : spec.ids.indexOf(id);
    this.drawMark();
  }

  /** Puts the pointer at an item, and says so; −1 lets go. */
  hover(index: number): PlotHover | null {
    if (index === this.hovered && index < 0) return null;
    this.hovered = index;
    this.drawMark();
    const found = index < 0 ? null : describe(this.spec, index);
    if (!found) this.tip.hide();
    this.hooks.onHover?.(found);
    return found;
  }

  showTip(hover: PlotHover, px: number, py: number): void {
    if (!this.frame) return;
    const { left, top } = this.host.getBoundingClientRect();
    const { plot } = this.frame;
    const rect = { ...plot, left: left + plot.left, top: top + plot.top };
    this.tip.show(hover, { x: left + px, y: top + py }, rect);
  }

  at(px: number, py: number): number {
    const sight = this.sightNow;
    return sight ? hit(sight, px, py) : -1;
  }

  get items(): number {
    return lengthOf(this.spec);
  }

  /** Pixels of an item, as far as it has any. */
  placeOf(index: number): { readonly x: number; readonly y: number } | null {
    const sight = this.sightNow;
    return (sight && trail(sight, index)[0]) ?? null;
  }

  /** Zooms both axes of a scatter plot; null shows all. */
  zoomTo(zoom: { readonly x: Domain; readonly y: Domain } | null): void {
    this.view = { ...this.view, x: zoom?.x ?? null, y: zoom?.y ?? null };
    this.hover(-1);
    this.tellView();
    this.hooks.onZoom?.(zoom);
  }

  /** Brushes an axis between two places of it; null lets go. */
  brush(key: string, places: Domain | null, draft = false): void {
    const { spec } = this;
    if (spec.type !== "parallel") return;
    const axis = spec.axes.find((one) => one.key === key);
    if (!axis) return;
    const { [key]: _, ...others } = this.view.brushes;
    const brush = places && valuesBetween(axis, places);
    const brushes = brush ? { ...others, [key]: brush } : others;
    this.view = { ...this.view, brushes, draft };
    this.tellView();
    const inside = brushed(spec, brushes, this.room.hidden);
    this.hooks.onBrush?.(
      brushes,
      spec.ids.filter((_id, i) => inside[i] === 1),
    );
  }

  /** The drag is over: all rows are drawn again. */
  settle(): void {
    if (!this.view.draft) return;
    this.view = { ...this.view, draft: false };
    this.tellView();
  }

  /** Puts an axis of parallel axes at another place. */
  reorder(from: number, to: number): void {
    const { spec } = this;
    if (spec.type !== "parallel" || from === to) return;
    const axes = [...spec.axes];
    axes.splice(to, 0, ...axes.splice(from, 1));
    this.spec = { ...spec, axes };
    this.tellSpec();
    this.hooks.onOrder?.(axes.map(({ key }) => key));
  }

  override paintedAs(frame: Frame, paints: number): void {
    super.paintedAs(frame, paints);
    this.drawMark();
  }

  override dress(theme: ChartTheme): void {
    super.dress(theme);
    this.tip.dress(theme);
  }

  override destroy(): void {
    this.tip.destroy();
    super.destroy();
  }

  exportCsv(): string {
    return csvOfSheet(sheetOf(this.spec, this.room.hidden, this.view.brushes));
  }

  toTable(maxRows = 500): ChartTable {
    return tableOf(sheetOf(this.spec, this.room.hidden, this.view.brushes), maxRows);
  }

  protected async makeAct(): Promise<Act> {
    const { PlotAct } = await import("./act");
    return new PlotAct({ spec: this.spec, view: { ...this.view, draft: false } });
  }

  private get sightNow(): Sight | null {
    const { spec, frame, room, view } = this;
    return frame && { spec, frame, hidden: room.hidden, brushes: view.brushes };
  }

  private drawMark(): void {
    const sight = this.sightNow;
    const points = sight && this.hovered >= 0 ? trail(sight, this.hovered) : [];
    const list = points.map(({ x, y }) => `${x.toFixed(1)},${y.toFixed(1)}`).join(" ");
    const [only] = points;
    if (points.length === 1 && only) {
      this.mark.innerHTML = `<circle cx="${only.x}" cy="${only.y}" r="6"/>`;
    } else this.mark.innerHTML = points.length > 1 ? `<polyline points="${list}"/>` : "";
  }

  private tellSpec(): void {
    this.room.send(this, { type: "plot", panel: this.id, spec: this.spec });
  }

  private tellView(): void {
    this.room.send(this, { type: "view", panel: this.id, view: this.view });
  }

  private label(): void {
    const { spec } = this;
    const items = `${this.items} ${spec.type === "matrix" ? "cells" : "items"}`;
    const keys = "Arrow keys read one after the other, Enter opens it, 0 shows all.";
    this.host.setAttribute("aria-label", `${spec.title || NAMES[spec.type]}: ${items}. ${keys}`);
  }
}
