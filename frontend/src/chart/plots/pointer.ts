/**
 * What the pointer and the keyboard do to a plot.
 *
 * Moving reads, a click picks. On a scatter plot a drag zooms into a rectangle and a double click
 * comes one zoom back. On parallel axes a drag along an axis brushes it, a drag of the brush moves
 * it, a click beside it lets go, and an axis is moved by its name. Keys: arrows go through the
 * items, Enter picks (or asks for the full screen), 0 shows all, Escape lets go.
 */

import type { ChartPlot } from "../plot-types";
import { scaleOf } from "../scales";
import type { Domain } from "../types";
import { BRUSH_WIDTH } from "./parallel";
import { axisPlaces, axisX } from "./places";
import type { Plot } from "./plot";

const DRAG_PX = 4;
const GRIP = 10;

type Zoom = { readonly x: Domain; readonly y: Domain };

type Drag =
  | { readonly does: "zoom" | "nothing"; readonly x: number; readonly y: number }
  | {
      readonly does: "brush";
      readonly key: string;
      readonly y: number;
      readonly held: Domain | null;
    }
  | { readonly does: "move"; readonly key: string; readonly x: number };

export class PlotPointer {
  private readonly listeners = new AbortController();
  private readonly zooms: Zoom[] = [];
  private drag: Drag | null = null;
  private moved = false;

  constructor(
    private readonly plot: Plot,
    private readonly say: (text: string) => void,
    private readonly enlarge: (plot: ChartPlot) => void,
  ) {
    const { host } = plot;
    const { signal } = this.listeners;
    host.addEventListener("pointermove", (event) => this.move(event), { signal });
    host.addEventListener("pointerdown", (event) => this.press(event), { signal });
    host.addEventListener("pointerup", (event) => this.lift(event), { signal });
    host.addEventListener("pointercancel", () => this.cancel(), { signal });
    host.addEventListener("pointerleave", () => this.drag ?? plot.hover(-1), { signal });
    host.addEventListener("dblclick", () => this.back(), { signal });
    host.addEventListener("blur", () => plot.hover(-1), { signal });
    host.addEventListener("keydown", (event) => this.key(event), { signal });
  }

  destroy(): void {
    this.listeners.abort();
  }

  private at(event: MouseEvent): { readonly x: number; readonly y: number } {
    const { left, top } = this.plot.host.getBoundingClientRect();
    return { x: event.clientX - left, y: event.clientY - top };
  }

  private press(event: PointerEvent): void {
    if (event.button !== 0 || !this.plot.frame) return;
    const { x, y } = this.at(event);
    this.moved = false;
    this.drag = this.axisDrag(x, y) ?? {
      does: this.plot.spec.type === "scatter" ? "zoom" : "nothing",
      x,
      y,
    };
    this.plot.host.setPointerCapture(event.pointerId);
  }

  /** What a press on an axis, its brush or its name begins. */
  private axisDrag(x: number, y: number): Drag | null {
    const { spec, frame, view } = this.plot;
    if (spec.type !== "parallel" || !frame) return null;
    const { plot } = frame;
    const count = spec.axes.length;
    const isName = y < plot.top - 4;
    const reach = isName ? Math.min(55, plot.width / count / 2) : Math.max(GRIP, BRUSH_WIDTH / 2);
    const axis = spec.axes.find((_, i) => Math.abs(axisX(plot, i, count) - x) <= reach);
    if (!axis) return null;
    if (isName) return { does: "move", key: axis.key, x };
    const brush = view.brushes[axis.key];
    const { place } = axisPlaces(axis);
    const at = this.placeAt(y);
    const ends: Domain | null = brush ? [place(brush[0]), place(brush[1])] : null;
    const isHeld = ends !== null && at >= ends[0] && at <= ends[1];
    return { does: "brush", key: axis.key, y, held: isHeld ? ends : null };
  }

  /** 0 … 1 along an axis; near an end it is the end. */
  private placeAt(y: number): number {
    const plot = this.plot.frame?.plot;
    if (!plot) return 0;
    if (y < plot.top + DRAG_PX) return 1;
    return y > plot.top + plot.height - DRAG_PX ? 0 : 1 - (y - plot.top) / plot.height;
  }

  private move(event: PointerEvent): void {
    const { x, y } = this.at(event);
    const { drag, plot } = this;
    if (!drag) {
      const index = plot.at(x, y);
      const hover = plot.hover(index);
      if (hover) plot.showTip(hover, x, y);
      return;
    }
    const far = Math.max(
      Math.abs(y - ("y" in drag ? drag.y : y)),
      Math.abs(x - ("x" in drag ? drag.x : x)),
    );
    this.moved ||= far > DRAG_PX;
    if (!this.moved) return;
    plot.hover(-1);
    if (drag.does === "brush") this.brushTo(drag, y);
    else if (drag.does === "move") this.moveAxis(drag.key, x);
    else if (drag.does === "zoom" && plot.frame) {
      plot.overlay.boxOver(drag, { x, y }, plot.frame);
    }
  }

  private brushTo(drag: Drag & { does: "brush" }, y: number): void {
    const [from, to] = [this.placeAt(drag.y), this.placeAt(y)];
    if (!drag.held) {
      this.plot.brush(drag.key, [Math.min(from, to), Math.max(from, to)], true);
      return;
    }
    const [low, high] = drag.held;
    const by = Math.max(-low, Math.min(1 - high, to - from));
    this.plot.brush(drag.key, [low + by, high + by], true);
  }

  private moveAxis(key: string, x: number): void {
    const { spec, frame } = this.plot;
    if (spec.type !== "parallel" || !frame) return;
    const count = spec.axes.length;
    const from = spec.axes.findIndex((axis) => axis.key === key);
    const share = (x - frame.plot.left) / frame.plot.width;
    const to = Math.min(count - 1, Math.max(0, Math.round(share * (count - 1))));
    this.plot.reorder(from, to);
  }

  private lift(event: PointerEvent): void {
    const { drag, plot, moved } = this;
    const { x, y } = this.at(event);
    this.cancel();
    if (!drag) return;
    if (drag.does === "brush" && !moved) plot.brush(drag.key, null);
    else if (!moved) this.pick(plot.at(x, y));
    else if (drag.does === "zoom") this.zoomInto(drag, { x, y });
  }

  private cancel(): void {
    this.drag = null;
    this.plot.settle();
    this.plot.overlay.hideBrush();
  }

  private pick(index: number): void {
    const hover = this.plot.hover(index);
    if (hover) this.plot.hooks.onPick?.(hover);
  }

  private zoomInto(
    from: { readonly x: number; readonly y: number },
    to: { readonly x: number; readonly y: number },
  ): void {
    const { frame } = this.plot;
    if (!frame) return;
    const { plot, xDomain, yDomain, xScale, yScale } = frame;
    const inX = (px: number): number => Math.min(plot.left + plot.width, Math.max(plot.left, px));
    const inY = (py: number): number => Math.min(plot.top + plot.height, Math.max(plot.top, py));
    const x = scaleOf(xScale, xDomain, [plot.left, plot.left + plot.width]);
    const y = scaleOf(yScale, yDomain, [plot.top + plot.height, plot.top]);
    const xs = [inX(from.x), inX(to.x)].map(x.invert).sort((a, b) => a - b);
    const ys = [inY(from.y), inY(to.y)].map(y.invert).sort((a, b) => a - b);
    const zoom = { x: xs, y: ys } as unknown as Zoom;
    if (!(zoom.x[0] < zoom.x[1] && zoom.y[0] < zoom.y[1])) return;
    this.zooms.push(zoom);
    this.plot.zoomTo(zoom);
  }

  private back(): void {
    if (this.plot.spec.type !== "scatter") return;
    this.zooms.pop();
    this.plot.zoomTo(this.zooms.at(-1) ?? null);
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey || event.target !== this.plot.host) return;
    if (!this.act(event.key)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** True when the key meant something here. */
  private act(key: string): boolean {
    const { plot } = this;
    const { spec } = plot;
    const row = spec.type === "matrix" ? spec.columns.length : 1;
    const steps: Readonly<Record<string, number>> = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: row,
      ArrowUp: -row,
      Home: Number.NEGATIVE_INFINITY,
      End: Number.POSITIVE_INFINITY,
    };
    const step = steps[key];
    if (step !== undefined) this.walk(step);
    else if (key === "Enter") {
      if (plot.hovered >= 0) this.pick(plot.hovered);
      else this.enlarge(plot);
    } else if (key === "0") this.showAll();
    else if (key === "Escape" && plot.hovered >= 0) plot.hover(-1);
    else return false;
    return true;
  }

  private showAll(): void {
    this.zooms.length = 0;
    const { spec, view } = this.plot;
    if (spec.type === "scatter") this.plot.zoomTo(null);
    else for (const name of Object.keys(view.brushes)) this.plot.brush(name, null);
  }

  private walk(step: number): void {
    const { plot } = this;
    if (plot.items === 0) return;
    const start = plot.hovered < 0 && step > 0 ? -1 : plot.hovered;
    const index = Math.max(
      0,
      Math.min(plot.items - 1, plot.hovered < 0 ? Math.max(0, start) : start + step),
    );
    const hover = plot.hover(index);
    if (!hover) return;
    const at = plot.placeOf(index);
    if (at) plot.showTip(hover, at.x, at.y);
    this.say(
      `${hover.name}: ${hover.facts.map(({ label, value }) => `${label} ${value}`).join(", ")}`,
    );
  }
}
