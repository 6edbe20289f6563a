/**
 * Stage: holds every panel's data and canvas, and paints what changed, once a frame.
 *
 * The same stage runs in the worker and, where there is none, on the page. Panels in sight are
 * painted first, then those within a screen; others wait until they come near. Between slices of
 * work it lets messages in, so that scrolling on cancels what has gone out of sight.
 */

import { type Act, LineAct } from "./act";
import type { Ask, Batch, Canvas, Message, Near, Painted, Reply } from "./messages";
import { countPixels, pngOf } from "./picture";
import type { Look } from "./scene";
import type { Surface } from "./surface";
import { SvgSurface } from "./svg";
import { lightTheme } from "./theme";
import type { Zone } from "./ticks";
import type { ChartTheme, ExportOptions, FontSource, Frame } from "./types";

export interface StageRoom {
  now(): number;
  nextFrame(work: () => void): void;
  /** After messages that wait have been let in. */
  soon(work: () => void): void;
  post(reply: Reply): void;
  makeCanvas(width: number, height: number): Canvas;
  loadFonts(fonts: readonly FontSource[]): Promise<void>;
  readonly zone: Zone;
  /** Milliseconds that one slice of painting may take. */
  readonly slice: number;
}

type Context = Surface & Pick<CanvasRenderingContext2D, "setTransform" | "getImageData">;

interface Actor {
  readonly id: number;
  readonly canvas: Canvas;
  readonly context: Context | null;
  width: number;
  height: number;
  ratio: number;
  /** null while its painter is being fetched. */
  act: Act | null;
  /** What was told meanwhile. */
  readonly early: Message[];
  near: Near;
  dirty: boolean;
  frame: Frame | null;
  paints: number;
  reported: number;
  /** When it was painted last, as a count of all paints. */
  turn: number;
}

/** How the panel itself is painted: in its own size and for speed. */
const onScreen: ExportOptions = {};

/** Named apart from the theme's: a canvas looks a font up once for each name it is given. */
const SYSTEM_FONT = "system-ui, sans-serif";

export class Stage {
  private readonly actors = new Map<number, Actor>();
  private theme: ChartTheme = lightTheme;
  private focus: string | null = null;
  private hidden: ReadonlySet<string> = new Set();
  private revision = 0;
  private turns = 0;
  private working = false;
  private reporting = false;
  private typesetting = false;

  constructor(private readonly room: StageRoom) {}

  receive(batch: Batch): void {
    for (const message of batch.messages) this.take(message);
    this.revision = batch.revision;
    this.schedule();
  }

  private take(message: Message): void {
    switch (message.type) {
      case "theme":
        this.theme = message.theme;
        this.soil(() => true);
        return;
      case "focus":
        this.refocus(message.group);
        return;
      case "hidden":
        this.rehide(message.groups);
        return;
      case "fonts":
        this.dressType(message.fonts);
        return;
      case "open":
        this.actors.set(message.panel, this.open(message));
        return;
      case "close":
        this.actors.delete(message.panel);
        return;
      default: {
        const actor = this.actors.get(message.panel);
        if (actor) this.direct(actor, message);
      }
    }
  }

  private direct(actor: Actor, message: Message): void {
    switch (message.type) {
      case "size":
        this.resize(actor, message);
        return;
      case "near":
        actor.near = message.near;
        return;
      case "ask":
        void this.answer(actor, message.ask, message.what, message.how);
        return;
      default:
        this.tellAct(actor, message);
    }
  }

  private tellAct(actor: Actor, message: Message): void {
    if (!actor.act) actor.early.push(message);
    else if (actor.act.take(message)) actor.dirty = true;
  }

  private open({ panel, canvas, shows }: Extract<Message, { type: "open" }>): Actor {
    const context = canvas.getContext("2d", { alpha: false }) as Context | null;
    const actor: Actor = {
      id: panel,
      canvas,
      context,
      width: 0,
      height: 0,
      ratio: 1,
      act: shows === "lines" ? new LineAct() : null,
      early: [],
      near: 0,
      dirty: true,
      frame: null,
      paints: 0,
      reported: 0,
      turn: 0,
    };
    canvas.addEventListener("contextrestored", () => {
      actor.dirty = true;
      this.schedule();
    });
    if (!actor.act) void this.fetchAct(actor);
    return actor;
  }

  /** Few pages show other plots than lines: what paints them is fetched for the first of them. */
  private async fetchAct(actor: Actor): Promise<void> {
    const { PlotAct } = await import("./plots/act");
    actor.act = new PlotAct();
    for (const message of actor.early.splice(0)) actor.act.take(message);
    actor.dirty = true;
    this.schedule();
  }

  private resize(
    actor: Actor,
    size: { readonly width: number; readonly height: number; readonly ratio: number },
  ): void {
    actor.width = size.width;
    actor.height = size.height;
    actor.ratio = size.ratio;
    actor.dirty = true;
  }

  /** Only panels that hold the old or the new group look any different. */
  private refocus(group: string | null): void {
    const before = this.focus;
    this.focus = group;
    this.soil(({ act }) => act?.holds(group) || act?.holds(before) || false);
  }

  private rehide(groups: ReadonlySet<string>): void {
    this.hidden = groups;
    for (const { act } of this.actors.values()) act?.rehidden();
    this.soil(() => true);
  }

  private soil(concerns: (actor: Actor) => boolean): void {
    for (const actor of this.actors.values()) if (concerns(actor)) actor.dirty = true;
  }

  /** Until its faces are there, text is in the system's, and no panel counts as painted. */
  private dressType(fonts: readonly FontSource[]): void {
    this.typesetting = true;
    void this.room.loadFonts(fonts).then(() => {
      this.typesetting = false;
      this.soil(() => true);
      this.schedule();
    });
  }

  private schedule(): void {
    if (this.working) return;
    this.working = true;
    this.room.nextFrame(() => this.work());
  }

  /** One slice: what is in sight first, and of that what has waited longest. */
  private work(): void {
    const waiting = [...this.actors.values()]
      .filter((actor) => actor.dirty && actor.act && actor.near > 0 && actor.width > 0)
      .sort((a, b) => b.near - a.near || a.turn - b.turn);
    const until = this.room.now() + this.room.slice;
    for (const actor of waiting) {
      if (this.room.now() >= until) break;
      this.paint(actor);
    }
    this.working = waiting.some((actor) => actor.dirty);
    if (this.working) this.room.soon(() => this.work());
    if (this.reporting) return;
    this.reporting = true;
    this.room.nextFrame(() => this.report());
  }

  private report(): void {
    this.reporting = false;
    const { revision } = this;
    const panels: Painted[] = [];
    const waiting: number[] = [];
    for (const actor of this.actors.values()) {
      if (actor.dirty || !actor.frame || this.typesetting) waiting.push(actor.id);
      if (!actor.frame || actor.reported === actor.paints) continue;
      actor.reported = actor.paints;
      panels.push({ panel: actor.id, paints: actor.paints, frame: actor.frame });
    }
    this.room.post({ type: "painted", revision, panels, waiting });
  }

  private lookAt(actor: Actor, how: ExportOptions): Look {
    const theme = how.theme ?? this.theme;
    return {
      width: how.width ?? actor.width,
      height: how.height ?? actor.height,
      ratio: how.scale ?? actor.ratio,
      theme: this.typesetting ? { ...theme, font: SYSTEM_FONT } : theme,
      focus: this.focus,
      hidden: this.hidden,
      zone: this.room.zone,
      hairlines: how === onScreen,
    };
  }

  private paint(actor: Actor): void {
    const { canvas, context, act, width, height, ratio } = actor;
    actor.dirty = false;
    if (!context || !act) return;
    const [w, h] = [Math.round(width * ratio), Math.round(height * ratio)];
    if (canvas.width !== w) canvas.width = w;
    if (canvas.height !== h) canvas.height = h;
    context.setTransform(ratio, 0, 0, ratio, 0, 0);
    actor.frame = act.paint(context, this.lookAt(actor, onScreen));
    actor.paints += 1;
    this.turns += 1;
    actor.turn = this.turns;
  }

  private async answer(actor: Actor, ask: number, what: Ask, how: ExportOptions): Promise<void> {
    try {
      this.room.post({ type: "answer", ask, value: await this.value(actor, what, how) });
    } catch (error) {
      this.room.post({ type: "refused", ask, reason: String(error) });
    }
  }

  private async value(actor: Actor, what: Ask, how: ExportOptions): Promise<unknown> {
    if (what === "pixels") {
      if (!actor.context || !actor.frame) throw new Error("the panel was not painted yet");
      return countPixels(actor.context, actor, actor.frame, this.theme);
    }
    const { act } = actor;
    if (!act) throw new Error("the panel was not painted yet");
    const look = this.lookAt(actor, { ...how, scale: how.scale ?? 1 });
    const paint = (surface: Surface): Frame => act.paint(surface, look);
    if (what === "png") return pngOf(paint, look, this.room.makeCanvas);
    const svg = new SvgSurface(look.width, look.height, act.title);
    paint(svg);
    return svg.toString();
  }
}
