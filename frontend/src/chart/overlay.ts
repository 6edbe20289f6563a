/** What moves over a painted panel: crosshair, the focused line's dot, and the span being dragged. */

import type { Frame } from "./types";

function layer(name: string, parent: HTMLElement): HTMLElement {
  const made = document.createElement("div");
  made.className = name;
  made.hidden = true;
  parent.append(made);
  return made;
}

export class Overlay {
  readonly root: HTMLElement;
  private readonly cross: HTMLElement;
  private readonly dot: HTMLElement;
  private readonly brush: HTMLElement;
  private tall = -1;

  constructor(host: HTMLElement) {
    this.root = document.createElement("div");
    this.root.className = "chart-overlay";
    this.root.setAttribute("aria-hidden", "true");
    this.brush = layer("chart-brush", this.root);
    this.cross = layer("chart-cross", this.root);
    this.dot = layer("chart-dot", this.root);
    host.append(this.root);
  }

  /** Puts the crosshair at a pixel of the frame; outside of it there is none. */
  crossAt(px: number, { plot }: Frame): void {
    const isInside = px >= plot.left - 0.5 && px <= plot.left + plot.width + 0.5;
    this.cross.hidden = !isInside;
    if (!isInside) return;
    if (this.tall !== plot.height) this.cross.style.height = `${plot.height}px`;
    this.tall = plot.height;
    this.cross.style.transform = `translate(${Math.round(px)}px, ${plot.top}px)`;
  }

  dotAt(px: number, py: number, color: string, { plot }: Frame): void {
    const isInside =
      Number.isFinite(py) &&
      px >= plot.left - 1 &&
      px <= plot.left + plot.width + 1 &&
      py >= plot.top - 1 &&
      py <= plot.top + plot.height + 1;
    this.dot.hidden = !isInside;
    if (!isInside) return;
    this.dot.style.background = color;
    this.dot.style.transform = `translate(${px}px, ${py}px)`;
  }

  brushOver(from: number, to: number, { plot }: Pick<Frame, "plot">): void {
    const left = Math.max(plot.left, Math.min(from, to));
    const right = Math.min(plot.left + plot.width, Math.max(from, to));
    this.brush.hidden = false;
    this.brush.style.width = `${Math.max(0, right - left)}px`;
    this.brush.style.height = `${plot.height}px`;
    this.brush.style.transform = `translate(${left}px, ${plot.top}px)`;
  }

  /** A rectangle between two corners. */
  boxOver(
    from: { readonly x: number; readonly y: number },
    to: { readonly x: number; readonly y: number },
    { plot }: Frame,
  ): void {
    const inY = (y: number): number => Math.min(plot.top + plot.height, Math.max(plot.top, y));
    const [top, bottom] = [inY(Math.min(from.y, to.y)), inY(Math.max(from.y, to.y))];
    this.brushOver(from.x, to.x, { plot: { ...plot, top, height: bottom - top } });
  }

  hideBrush(): void {
    this.brush.hidden = true;
  }

  hideDot(): void {
    this.dot.hidden = true;
  }

  hideCross(): void {
    this.cross.hidden = true;
    this.dot.hidden = true;
  }
}
