/**
 * Pane: what every panel of a hub is, whatever it shows: a canvas that the stage paints, how near
 * and how big it is, which batch it shows, and the pictures that can be had of it.
 */

import type { Act } from "./act";
import type { Engine } from "./engine";
import type { Ask, Message, Near } from "./messages";
import { Overlay } from "./overlay";
import { dress } from "./theme";
import type {
  ChartTable,
  ChartTheme,
  Domain,
  ExportOptions,
  Frame,
  PixelCount,
  Published,
  PublishOptions,
} from "./types";

/** What a pane needs of the hub it belongs to. */
export interface PaneRoom {
  readonly theme: ChartTheme;
  readonly hidden: ReadonlySet<string>;
  readonly noun: string;
  /** Where tooltips live. */
  readonly layers: HTMLElement;
  zoomOf(pane: Pane): Domain | null;
  send(pane: Pane, message: Message, transfer?: readonly Transferable[]): void;
  /** The pane holds points that are to be drained before the next batch goes out. */
  willDrain(pane: Pane): void;
  ask(pane: Pane, what: Ask, how: ExportOptions): Promise<unknown>;
  whenPainted(pane: Pane): Promise<void>;
  leave(pane: Pane): void;
}

const ATTRIBUTES = ["role", "aria-roledescription", "aria-label", "tabindex", "data-painted"];

export abstract class Pane implements Published {
  frame: Frame | null = null;
  near: Near = 0;
  /** The batch that last changed it, and the one that it shows. */
  wanted = 0;
  shown = -1;
  readonly overlay: Overlay;
  /** Resolves when it is known whether the panel is in sight. */
  readonly sighted: Promise<void>;
  protected abstract readonly shows: "lines" | "plot";
  private sight: () => void = () => {};
  private canvas: HTMLCanvasElement | null = null;
  private size = { width: 0, height: 0, ratio: 1 };

  constructor(
    readonly id: number,
    readonly host: HTMLElement,
    protected readonly room: PaneRoom,
    description: string,
  ) {
    this.sighted = new Promise((resolve) => {
      this.sight = resolve;
    });
    host.classList.add("chart-host");
    host.tabIndex = 0;
    host.setAttribute("role", "group");
    host.setAttribute("aria-roledescription", description);
    this.overlay = new Overlay(host);
    dress(host, room.theme);
  }

  abstract exportCsv(): string;
  abstract toTable(maxRows?: number): ChartTable;
  /** A painter of what the pane shows now, and what a legend would list. */
  protected abstract makeAct(): Promise<Act>;
  /** All that a fresh stage has to know. */
  protected abstract tellAll(): void;

  /** Puts a fresh canvas under the overlay and tells the engine all that it has to know. */
  mount(engine: Engine): void {
    this.canvas?.remove();
    const canvas = document.createElement("canvas");
    canvas.className = "chart-canvas";
    canvas.setAttribute("aria-hidden", "true");
    this.host.prepend(canvas);
    this.canvas = canvas;
    const stage = engine.isRemote ? canvas.transferControlToOffscreen() : canvas;
    const transfer = stage instanceof HTMLCanvasElement ? [] : [stage];
    const { id, shows } = this;
    this.room.send(this, { type: "open", panel: id, canvas: stage, shows }, transfer);
    this.tellAll();
    this.room.send(this, { type: "size", panel: id, ...this.size });
    this.room.send(this, { type: "near", panel: id, near: this.near });
  }

  /** Sends what was gathered since the last batch. */
  drain(): void {}

  /** The zoom that the pane takes part in is another. */
  zoomed(): void {}

  paintedAs(frame: Frame, paints: number): void {
    this.frame = frame;
    this.host.dataset.painted = String(paints);
  }

  sized(width: number, height: number, ratio: number): void {
    this.size = { width, height, ratio };
    this.room.send(this, { type: "size", panel: this.id, width, height, ratio });
  }

  nearing(near: Near): void {
    this.sight();
    if (near === this.near) return;
    this.near = near;
    this.room.send(this, { type: "near", panel: this.id, near });
  }

  dress(theme: ChartTheme): void {
    dress(this.host, theme);
  }

  async exportPng(options: ExportOptions = {}): Promise<Blob> {
    return (await this.room.ask(this, "png", options)) as Blob;
  }

  async exportSvg(options: ExportOptions = {}): Promise<string> {
    return (await this.room.ask(this, "svg", options)) as string;
  }

  async publish(options: PublishOptions): Promise<Blob> {
    const [{ publish }, act] = await Promise.all([import("./print/publish"), this.makeAct()]);
    return publish(act, options, { hidden: this.room.hidden });
  }

  async exportMatplotlib(): Promise<string> {
    const [{ scriptOf }, act] = await Promise.all([import("./print/script"), this.makeAct()]);
    return scriptOf(act, this.room.hidden);
  }

  async pixels(): Promise<PixelCount> {
    await this.painted();
    return (await this.room.ask(this, "pixels", {})) as PixelCount;
  }

  painted(): Promise<void> {
    return this.room.whenPainted(this);
  }

  destroy(): void {
    this.room.leave(this);
    this.canvas?.remove();
    this.overlay.root.remove();
    this.host.classList.remove("chart-host");
    for (const name of ATTRIBUTES) this.host.removeAttribute(name);
  }
}
