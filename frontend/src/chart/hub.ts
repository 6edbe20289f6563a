/**
 * ChartHub: the panels of a page that share one engine, one cursor, one focus and one zoom.
 *
 * Changes made in one turn of the page travel as one batch and are painted in one frame.
 */

import "./chart.css";
import { Answers } from "./answers";
import { Cursor } from "./cursor";
import { chartWorker, type Engine, startEngine } from "./engine";
import { Interaction, type Zoomer } from "./interaction";
import type { Ask, Message, Reply } from "./messages";
import type { Pane, PaneRoom } from "./pane";
import { Panel } from "./panel";
import type { ChartPlot } from "./plot-types";
import { Sight } from "./sight";
import { lightTheme } from "./theme";
import type {
  ChartHubFace,
  ChartPanel,
  ChartTheme,
  Domain,
  ExportOptions,
  HubOptions,
  PanelOptions,
} from "./types";
import { ZoomStack } from "./zoom";

interface Member {
  readonly panel: Pane;
  /** What the pointer and the keyboard do to it. */
  readonly interaction: { destroy(): void };
  readonly zoom: ZoomStack;
}

/** What a pane of another kind than lines is made with. */
export interface PaneMaking {
  readonly id: number;
  readonly room: PaneRoom;
  readonly say: (text: string) => void;
  readonly enlarge: (pane: ChartPanel | ChartPlot) => void;
}

export class ChartHub implements ChartHubFace {
  private engine: Engine;
  private readonly members = new Map<number, Member>();
  private readonly zoom = new ZoomStack();
  private readonly sight = new Sight();
  private readonly cursor: Cursor;
  private readonly speech = document.createElement("div");
  private readonly noun: string;
  private readonly room: PaneRoom;
  private readonly answers = new Answers();
  private readonly watching = new Map<Pane, (() => void)[]>();
  private readonly draining = new Set<Pane>();
  private queue: Message[] = [];
  private transfers: Transferable[] = [];
  private revision = 0;
  private flushing = false;
  private lastId = 0;
  private theme: ChartTheme;
  private hidden: ReadonlySet<string> = new Set();
  private pageFocus: string | null = null;
  private looked: string | null = null;
  private syncZoom: boolean;

  constructor(private readonly options: HubOptions = {}) {
    this.theme = options.theme ?? lightTheme;
    this.syncZoom = options.syncZoom ?? true;
    this.noun = options.noun ?? "line";
    this.room = this.makeRoom();
    this.cursor = this.makeCursor();
    this.speech.className = "chart-speech";
    this.speech.setAttribute("aria-live", "polite");
    (options.layers ?? document.body).append(this.speech);
    this.engine = this.start(
      options.workerFactory === undefined ? chartWorker : options.workerFactory,
    );
    addEventListener("scroll", this.onScroll, { capture: true, passive: true });
  }

  createPanel(host: HTMLElement, options: Partial<PanelOptions> = {}): ChartPanel {
    return this.adopt(({ id, room, say, enlarge }) => {
      const panel = new Panel(id, host, options, room);
      return [panel, new Interaction(panel, this.cursor, this.zoomer, say, enlarge)];
    });
  }

  /** Takes in a pane of any kind, with what serves its pointer and keys. See plots/index.ts. */
  adopt<P extends Pane>(make: (making: PaneMaking) => readonly [P, { destroy(): void }]): P {
    this.lastId += 1;
    const say = (text: string): void => {
      this.speech.textContent = text;
    };
    const enlarge = (pane: ChartPanel | ChartPlot): void => this.options.onFullScreen?.(pane);
    const [panel, interaction] = make({ id: this.lastId, room: this.room, say, enlarge });
    this.members.set(panel.id, { panel, interaction, zoom: new ZoomStack() });
    panel.mount(this.engine);
    this.sight.watch(panel.host, {
      sized: (width, height, ratio) => panel.sized(width, height, ratio),
      near: (near) => panel.nearing(near),
    });
    return panel;
  }

  setFocus(group: string | null): void {
    this.pageFocus = group;
    this.tellFocus();
    this.cursor.refresh();
  }

  setHidden(groups: ReadonlySet<string>): void {
    this.hidden = new Set(groups);
    this.tell({ type: "hidden", groups: this.hidden });
  }

  setHoverX(x: number | null): void {
    this.cursor.point(x);
  }

  setTheme(theme: ChartTheme): void {
    this.theme = theme;
    this.cursor.dress(theme);
    for (const { panel } of this.members.values()) panel.dress(theme);
    this.tell({ type: "theme", theme });
  }

  setZoom(domain: Domain | null): void {
    this.zoom.set(domain);
    for (const { panel } of this.members.values()) panel.zoomed();
  }

  setSyncZoom(sync: boolean): void {
    this.syncZoom = sync;
    for (const { panel } of this.members.values()) panel.zoomed();
  }

  async painted(): Promise<void> {
    const panels = [...this.members.values()].map(({ panel }) => panel);
    await Promise.all(panels.map((panel) => panel.sighted));
    await Promise.all(panels.filter(({ near }) => near === 2).map((panel) => panel.painted()));
  }

  destroy(): void {
    for (const { panel } of [...this.members.values()]) panel.destroy();
    removeEventListener("scroll", this.onScroll, { capture: true });
    this.sight.destroy();
    this.cursor.destroy();
    this.speech.remove();
    this.engine.close();
    this.answers.close();
  }

  private readonly onScroll = (): void => this.cursor.leave();

  private start(factory: (() => Worker) | null): Engine {
    const onError = (error: Error): void => this.options.onError?.(error);
    const onDeath = (error: Error): void => {
      onError(error);
      this.engine = this.start(null);
      for (const { panel } of this.members.values()) panel.mount(this.engine);
    };
    const engine = startEngine(factory, (reply) => this.hear(reply), onDeath, onError);
    this.tell({ type: "theme", theme: this.theme });
    this.tell({ type: "hidden", groups: this.hidden });
    if (this.options.fonts) this.tell({ type: "fonts", fonts: this.options.fonts });
    return engine;
  }

  private makeRoom(): PaneRoom {
    const hub = this;
    return {
      get theme() {
        return hub.theme;
      },
      get hidden() {
        return hub.hidden;
      },
      noun: this.noun,
      layers: this.options.layers ?? document.body,
      zoomOf: (panel) => hub.zoomFor(panel).current,
      send: (panel, message, transfer = []) => {
        if (message.type !== "near") panel.wanted = hub.revision + 1;
        hub.enqueue(message, transfer);
      },
      willDrain: (panel) => {
        panel.wanted = hub.revision + 1;
        hub.draining.add(panel);
        hub.wake();
      },
      ask: (panel, what, how) => hub.ask(panel, what, how),
      whenPainted: (panel) => hub.whenPainted(panel),
      leave: (panel) => hub.leave(panel),
    };
  }

  private makeCursor(): Cursor {
    const hub = this;
    return new Cursor({
      get theme() {
        return hub.theme;
      },
      get pageFocus() {
        return hub.pageFocus;
      },
      noun: this.noun,
      layers: this.options.layers ?? document.body,
      panels: () =>
        [...hub.members.values()].flatMap(({ panel }) => (panel instanceof Panel ? [panel] : [])),
      look: (group) => {
        hub.looked = group;
        hub.tellFocus();
      },
      hovered: (hover) => hub.options.onHover?.(hover),
    });
  }

  private readonly zoomer: Zoomer = {
    zoomTo: (panel, domain, how) =>
      this.changeZoom(panel, (zoom) =>
        how === "deeper" ? zoom.push(domain) : zoom.replace(domain),
      ),
    back: (panel) => this.changeZoom(panel, (zoom) => zoom.pop()),
    reset: (panel) => this.changeZoom(panel, (zoom) => zoom.set(null)),
  };

  private zoomFor(panel: Pane): ZoomStack {
    return this.syncZoom ? this.zoom : (this.members.get(panel.id)?.zoom ?? this.zoom);
  }

  private changeZoom(panel: Panel, change: (zoom: ZoomStack) => void): void {
    const zoom = this.zoomFor(panel);
    const before = zoom.current;
    change(zoom);
    if (zoom.current === before) return;
    const concerned = this.syncZoom ? this.members.values() : [{ panel }];
    for (const one of concerned) one.panel.zoomed();
    this.options.onZoom?.(zoom.current, panel);
  }

  private tellFocus(): void {
    this.tell({ type: "focus", group: this.looked ?? this.pageFocus });
  }

  /** A message that concerns every panel. */
  private tell(message: Message): void {
    for (const { panel } of this.members.values()) panel.wanted = this.revision + 1;
    this.enqueue(message, []);
  }

  private enqueue(message: Message, transfer: readonly Transferable[]): void {
    this.queue.push(message);
    this.transfers.push(...transfer);
    this.wake();
  }

  private wake(): void {
    if (this.flushing) return;
    this.flushing = true;
    queueMicrotask(() => this.flush());
  }

  private flush(): void {
    for (const panel of this.draining) panel.drain();
    this.draining.clear();
    this.flushing = false;
    this.revision += 1;
    const [messages, transfers] = [this.queue, this.transfers];
    this.queue = [];
    this.transfers = [];
    this.engine.post({ revision: this.revision, messages }, transfers);
  }

  private hear(reply: Reply): void {
    if (reply.type === "painted") {
      this.showPainted(reply);
      return;
    }
    this.answers.hear(reply);
  }

  private showPainted(reply: Extract<Reply, { type: "painted" }>): void {
    for (const { panel: id, frame, paints } of reply.panels) {
      this.members.get(id)?.panel.paintedAs(frame, paints);
    }
    const waiting = new Set(reply.waiting);
    for (const { panel } of this.members.values()) {
      if (waiting.has(panel.id)) continue;
      panel.shown = reply.revision;
      this.release(panel);
    }
    this.cursor.refresh();
  }

  private whenPainted(panel: Pane): Promise<void> {
    if (panel.shown >= panel.wanted) return Promise.resolve();
    return new Promise((resolve) => {
      this.watching.set(panel, [...(this.watching.get(panel) ?? []), resolve]);
    });
  }

  private release(panel: Pane): void {
    if (panel.shown < panel.wanted) return;
    for (const resolve of this.watching.get(panel) ?? []) resolve();
    this.watching.delete(panel);
  }

  private ask(panel: Pane, what: Ask, how: ExportOptions): Promise<unknown> {
    this.lastId += 1;
    const ask = this.lastId;
    this.enqueue({ type: "ask", panel: panel.id, ask, what, how }, []);
    return this.answers.to(ask);
  }

  private leave(panel: Pane): void {
    if (panel instanceof Panel) this.cursor.forget(panel);
    this.sight.forget(panel.host);
    this.members.get(panel.id)?.interaction.destroy();
    this.members.delete(panel.id);
    this.draining.delete(panel);
    panel.nearing(0);
    this.enqueue({ type: "close", panel: panel.id }, []);
    for (const resolve of this.watching.get(panel) ?? []) resolve();
    this.watching.delete(panel);
  }
}
