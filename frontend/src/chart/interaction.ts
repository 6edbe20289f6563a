/**
 * Interaction: what the pointer and the keyboard do to one panel.
 *
 * Pointer: move reads, click pins, drag zooms x, shift-drag pans, ctrl- or alt-wheel zooms, double
 * click comes one zoom back. Keys: ←→ move the cursor (shift: further), ↑↓ change the line, + and −
 * zoom, 0 shows all, Home and End go to the ends, Enter asks for the full screen, Escape lets go.
 */

import type { Cursor } from "./cursor";
import type { Panel } from "./panel";
import type { Domain, Reading } from "./types";
import { evenly, scaled, within } from "./zoom";

const DRAG_PX = 5;
const FAR_PX = 24;

/** What may be done to the zoom that a panel takes part in. */
export interface Zoomer {
  zoomTo(panel: Panel, domain: Domain, how: "deeper" | "instead"): void;
  back(panel: Panel): void;
  reset(panel: Panel): void;
}

interface Drag {
  readonly from: number;
  readonly pan: Domain | null;
  moved: boolean;
}

export class Interaction {
  private readonly listeners = new AbortController();
  private drag: Drag | null = null;

  constructor(
    private readonly panel: Panel,
    private readonly cursor: Cursor,
    private readonly zoomer: Zoomer,
    private readonly say: (text: string) => void,
    private readonly enlarge: (panel: Panel) => void,
  ) {
    const { host } = panel;
    const { signal } = this.listeners;
    host.addEventListener("pointermove", (event) => this.move(event), { signal });
    host.addEventListener("pointerdown", (event) => this.press(event), { signal });
    host.addEventListener("pointerup", (event) => this.lift(event), { signal });
    host.addEventListener("pointercancel", () => this.cancel(), { signal });
    host.addEventListener("pointerleave", () => this.cursor.leave(), { signal });
    host.addEventListener("dblclick", () => this.zoomer.back(panel), { signal });
    host.addEventListener("wheel", (event) => this.wheel(event), { signal, passive: false });
    host.addEventListener("keydown", (event) => this.key(event), { signal });
    host.addEventListener("blur", () => this.cursor.leave(), { signal });
  }

  destroy(): void {
    this.listeners.abort();
  }

  private at(event: MouseEvent): { readonly px: number; readonly py: number } {
    const { left, top } = this.panel.host.getBoundingClientRect();
    return { px: event.clientX - left, py: event.clientY - top };
  }

  private move(event: PointerEvent): void {
    const { px, py } = this.at(event);
    const { drag } = this;
    if (!drag) {
      this.cursor.follow(this.panel, px, py);
      return;
    }
    if (!drag.moved && Math.abs(px - drag.from) > DRAG_PX) {
      drag.moved = true;
      this.cursor.release();
    }
    if (!drag.moved || !this.panel.frame) return;
    if (drag.pan) this.pan(drag, px);
    else this.panel.overlay.brushOver(drag.from, px, this.panel.frame);
  }

  private press(event: PointerEvent): void {
    const { frame, host } = this.panel;
    if (event.button !== 0 || !frame) return;
    this.drag = {
      from: this.at(event).px,
      pan: event.shiftKey ? frame.xDomain : null,
      moved: false,
    };
    host.setPointerCapture(event.pointerId);
  }

  private lift(event: PointerEvent): void {
    const { drag } = this;
    this.cancel();
    if (!drag) return;
    if (!drag.moved) {
      this.cursor.togglePin();
      return;
    }
    const { onScreen } = this.panel;
    if (drag.pan || !onScreen) return;
    const domain = this.span(drag.from, this.at(event).px);
    if (domain) this.zoomer.zoomTo(this.panel, domain, "deeper");
  }

  private cancel(): void {
    this.drag = null;
    this.panel.overlay.hideBrush();
  }

  /** What two pixels span in the data; whole steps on an axis of steps. */
  private span(from: number, to: number): Domain | null {
    const { onScreen, frame, settings } = this.panel;
    if (!onScreen || !frame) return null;
    const { left, width } = frame.plot;
    const clamped = [from, to].map((px) => Math.min(left + width, Math.max(left, px)));
    let [low, high] = clamped.map(onScreen.x.invert).sort((a, b) => a - b) as [number, number];
    if (settings.xKind === "step") [low, high] = [Math.floor(low), Math.ceil(high)];
    return low < high ? [low, high] : null;
  }

  private pan(drag: Drag, px: number): void {
    const { frame, xWhole } = this.panel;
    if (!drag.pan || !frame) return;
    const share = (px - drag.from) / frame.plot.width;
    const domain = evenly(frame.xScale, xWhole, drag.pan, ([from, to], whole) => {
      const by = share * (to - from);
      return within([from - by, to - by], whole);
    });
    if (domain) this.zoomer.zoomTo(this.panel, domain, "instead");
  }

  private wheel(event: WheelEvent): void {
    if (!event.ctrlKey && !event.altKey) return;
    event.preventDefault();
    const { onScreen } = this.panel;
    if (!onScreen) return;
    this.zoomBy(1.0015 ** event.deltaY, onScreen.x.invert(this.at(event).px));
  }

  private zoomBy(factor: number, around: number): void {
    const { xDomain, xWhole, settings } = this.panel;
    const { xScale } = settings;
    const domain = evenly(xScale, xWhole, xDomain, (here, whole, place) =>
      within(scaled(here, factor, place(around)), whole),
    );
    if (domain) this.zoomer.zoomTo(this.panel, domain, "instead");
    else this.zoomer.reset(this.panel);
  }

  private key(event: KeyboardEvent): void {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target !== this.panel.host || !this.act(event.key, event.shiftKey)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** True when the key meant something here. */
  private act(key: string, shift: boolean): boolean {
    const { panel, zoomer } = this;
    const middle = (panel.xDomain[0] + panel.xDomain[1]) / 2;
    const keys: Readonly<Record<string, () => void>> = {
      ArrowLeft: () => this.walk(shift ? -FAR_PX : -1),
      ArrowRight: () => this.walk(shift ? FAR_PX : 1),
      ArrowUp: () => this.climb(-1),
      ArrowDown: () => this.climb(1),
      Home: () => this.readAt(panel.xDomain[0]),
      End: () => this.readAt(panel.xDomain[1]),
      "+": () => this.zoomBy(0.5, this.cursor.x ?? middle),
      "=": () => this.zoomBy(0.5, this.cursor.x ?? middle),
      "-": () => this.zoomBy(2, this.cursor.x ?? middle),
      "0": () => zoomer.reset(panel),
      Enter: () => this.enlarge(panel),
    };
    const action = keys[key];
    if (action) action();
    else if (key === "Escape" && this.cursor.x !== null) this.cursor.release();
    else return false;
    return true;
  }

  /** To the next point that lies at least so many pixels on. */
  private walk(pixels: number): void {
    const { onScreen, frame } = this.panel;
    const line = this.lineLookedAt();
    if (!onScreen || !frame || !line) return;
    const start = this.cursor.panel === this.panel ? this.cursor.x : null;
    if (start === null) {
      this.readAt((frame.xDomain[0] + frame.xDomain[1]) / 2);
      return;
    }
    const goal = onScreen.x.invert(onScreen.x.map(start) + pixels);
    let index = line.nearest(goal);
    const step = pixels > 0 ? 1 : -1;
    while (line.x[index] !== undefined && (line.x[index] as number) * step <= start * step) {
      if (line.x[index + step] === undefined || index + step >= line.length) break;
      index += step;
    }
    this.readAt(line.x[index] as number);
  }

  private climb(by: number): void {
    const rows = this.cursor.rows();
    const focus = this.cursor.lookedAt;
    const at = rows.findIndex((row) => row.group === focus);
    const next = rows[Math.max(0, Math.min(rows.length - 1, at + by))];
    if (next) this.readAt(this.cursor.x as number, next);
  }

  private lineLookedAt() {
    const group = this.cursor.lookedAt;
    return (group === null ? null : this.panel.lineOf(group)) ?? this.panel.shownLines()[0] ?? null;
  }

  private readAt(x: number, row?: Reading): void {
    const { panel, cursor } = this;
    const [from, to] = panel.xDomain;
    const group = row?.group ?? this.lineLookedAt()?.group ?? null;
    cursor.goTo(panel, Math.min(to, Math.max(from, x)), group);
    this.say(cursor.spoken());
  }
}
