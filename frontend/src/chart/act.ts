/**
 * Act: what one canvas shows, lines or another plot, and how it is painted.
 *
 * The stage holds one for each panel; a picture for print is painted by one that is made for it.
 */

import { type Reach, reach } from "./layout";
import { Line } from "./line";
import { type Message, type Tail, unpack } from "./messages";
import { defaultOptions } from "./options";
import { paint } from "./painter";
import type { Look, Scene } from "./scene";
import { strokeOf } from "./stroke";
import type { Surface } from "./surface";
import type { Domain, Frame, PanelOptions } from "./types";

/** What a legend says of one thing that is drawn. */
export interface LegendItem {
  readonly name: string;
  readonly color: string;
  readonly dash: readonly number[];
}

export interface Act {
  readonly title: string;
  /** Takes in what is told to its panel; true when it may look different now. */
  take(message: Message): boolean;
  /** Groups were hidden or shown. */
  rehidden(): void;
  /** Whether the picture changes when a group is focused, or no longer. */
  holds(group: string | null): boolean;
  paint(surface: Surface, look: Look): Frame;
  legend(look: Look): LegendItem[];
}

function append(lines: readonly Line[], tails: readonly Tail[]): void {
  const byId = new Map(lines.map((line) => [line.data.id, line]));
  for (const { id, x, y } of tails) byId.get(id)?.append(x, y);
}

export class LineAct implements Act {
  private reach: Reach | null = null;

  constructor(
    private options: PanelOptions = defaultOptions,
    private lines: readonly Line[] = [],
    private zoom: Domain | null = null,
  ) {}

  get title(): string {
    return this.options.title;
  }

  take(message: Message): boolean {
    if (message.type === "options") this.options = message.options;
    else if (message.type === "lines") {
      this.lines = unpack(message.packed).map((data) => new Line(data));
    } else if (message.type === "append") append(this.lines, message.tails);
    else if (message.type === "zoom") this.zoom = message.domain;
    else return false;
    this.reach = null;
    return true;
  }

  rehidden(): void {
    this.reach = null;
  }

  holds(group: string | null): boolean {
    return this.lines.some((line) => line.group === group);
  }

  paint(surface: Surface, look: Look): Frame {
    return paint(surface, this.sceneOf(look)).frame;
  }

  legend(look: Look): LegendItem[] {
    const scene = this.sceneOf(look);
    return scene.lines.map((line) => {
      const { color, dash } = strokeOf(line, scene, false);
      return { name: line.data.name, color, dash };
    });
  }

  sceneOf(look: Look): Scene {
    const { options } = this;
    const lines = this.lines.filter((line) => !look.hidden.has(line.group));
    this.reach ??= reach(lines, options, this.zoom);
    return { ...look, options, lines, reach: this.reach };
  }
}
