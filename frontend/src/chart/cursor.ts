/**
 * Cursor: the one x that all panels of a hub point at, the line looked at, and the tooltip.
 *
 * The pointer's x snaps to a point of the nearest line, so that what is read was logged. A line is
 * focused only after the pointer rested on it for a moment: passing over lines repaints nothing.
 */

import { formatValue, formatX } from "./format";
import type { Panel } from "./panel";
import type { Box, Point } from "./placement";
import { readLine } from "./readout";
import { Tooltip, type TooltipContent } from "./tooltip";
import type { ChartTheme, Domain, Hover, Reading } from "./types";

const REST_MS = 60;
/** A line further from the pointer than this is not being looked at. */
const REACH_PX = 40;
const LINE_SAMPLES = 48;

export interface CursorRoom {
  readonly theme: ChartTheme;
  readonly noun: string;
  readonly layers: HTMLElement;
  /** The group that the page itself focuses. */
  readonly pageFocus: string | null;
  panels(): Iterable<Panel>;
  /** Dims all but this group, everywhere. */
  look(group: string | null): void;
  hovered(hover: Hover | null): void;
}

export class Cursor {
  x: number | null = null;
  panel: Panel | null = null;
  private group: string | null = null;
  private pinned = false;
  private resting: ReturnType<typeof setTimeout> | undefined;
  private readonly tooltip: Tooltip;

  constructor(private readonly room: CursorRoom) {
    this.tooltip = new Tooltip(room, () => this.release());
    this.tooltip.dress(room.theme);
  }

  get lookedAt(): string | null {
    return this.group ?? this.room.pageFocus;
  }

  /** What a screen reader says of the cursor. */
  spoken(): string {
    const { panel, x } = this;
    if (!panel || x === null) return "";
    const rows = this.rows();
    const focus = rows.find((row) => row.group === this.group);
    const told = focus ? [focus, ...rows.filter((row) => row !== focus).slice(0, 2)] : rows;
    const values = told.slice(0, 3).map((row) => `${row.name} ${formatValue(row.value)}`);
    return `${panel.settings.xLabel} ${formatX(panel.settings.xKind, x)}: ${values.join(", ")}`;
  }

  dress(theme: ChartTheme): void {
    this.tooltip.dress(theme);
  }

  /** Follows the pointer, in pixels of the panel's host. */
  follow(panel: Panel, px: number, py: number): void {
    const { onScreen, frame } = panel;
    if (this.pinned || !onScreen || !frame) return;
    const { plot } = frame;
    const isInside =
      px >= plot.left - 2 &&
      px <= plot.left + plot.width + 2 &&
      py >= 0 &&
      py <= plot.top + plot.height + 12;
    if (!isInside) {
      this.leave();
      return;
    }
    const x = Math.min(frame.xDomain[1], Math.max(frame.xDomain[0], onScreen.x.invert(px)));
    const readings = panel.readout(x);
    const away = (one: Reading): number => {
      const distance = Math.abs(onScreen.y.map(one.value) - py);
      return Number.isNaN(distance) ? Number.POSITIVE_INFINITY : distance;
    };
    const nearest = readings.reduce<Reading | null>(
      (best, one) => (best === null || away(one) < away(best) ? one : best),
      null,
    );
    const isClose = nearest !== null && away(nearest) <= REACH_PX;
    this.goTo(panel, snapped(nearest, x, frame.xDomain), isClose ? nearest.group : null);
  }

  /** Puts crosshair and tooltip at x, looking at one group. */
  goTo(panel: Panel, x: number, group: string | null): void {
    this.x = x;
    this.panel = panel;
    this.group = group;
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.room.look(group), REST_MS);
    // The tooltip reads the page's layout: it goes before whatever writes to it.
    const id = this.drawTooltip();
    this.drawCrosses();
    this.room.hovered({ x, id, group, panel });
  }

  /** A crosshair of the page's own, without a tooltip. */
  point(x: number | null): void {
    if (this.panel) return;
    this.x = x;
    this.drawCrosses();
  }

  leave(): void {
    if (this.pinned || !this.panel) return;
    this.x = null;
    this.panel = null;
    this.group = null;
    clearTimeout(this.resting);
    this.resting = setTimeout(() => this.room.look(null), REST_MS);
    this.tooltip.hide();
    this.drawCrosses();
    this.room.hovered(null);
  }

  togglePin(): void {
    if (this.pinned) {
      this.release();
      return;
    }
    if (!this.panel) return;
    this.pinned = true;
    this.drawTooltip();
  }

  release(): void {
    this.pinned = false;
    this.leave();
  }

  /** The screen has changed under the crosshair. */
  refresh(): void {
    if (this.x === null) return;
    if (this.panel && !this.pinned) this.drawTooltip();
    this.drawCrosses();
  }

  forget(panel: Panel): void {
    if (this.panel === panel) this.release();
  }

  destroy(): void {
    clearTimeout(this.resting);
    this.tooltip.destroy();
  }

  /** What is under the cursor, from the top of the chart to its bottom. */
  rows(): Reading[] {
    const { panel, x } = this;
    if (!panel || x === null) return [];
    const height = ({ value }: Reading): number =>
      Number.isNaN(value) ? Number.NEGATIVE_INFINITY : value;
    return panel.readout(x).sort((a, b) => (height(a) < height(b) ? 1 : -1));
  }

  private drawCrosses(): void {
    const { x } = this;
    const group = this.group ?? (this.panel ? null : this.room.pageFocus);
    for (const panel of this.room.panels()) {
      if (panel.near < 2) continue;
      const { frame, onScreen, overlay } = panel;
      const sameAxis = !this.panel || panel.settings.xKind === this.panel.settings.xKind;
      if (x === null || !frame || !onScreen || !sameAxis) {
        overlay.hideCross();
        continue;
      }
      overlay.crossAt(onScreen.x.map(x), frame);
      const reading = group === null ? null : readingOf(panel, group, x, this.room.theme);
      if (!reading) overlay.hideDot();
      else {
        const [px, py] = [onScreen.x.map(reading.x), onScreen.y.map(reading.value)];
        overlay.dotAt(px, py, reading.color, frame);
      }
    }
  }

  private drawTooltip(): string | null {
    const { panel, x, group } = this;
    if (!panel?.frame || !panel.onScreen || x === null) return null;
    const rows = this.rows();
    const focus = rows.find((row) => row.group === group) ?? null;
    if (rows.length === 0) {
      this.tooltip.hide();
      return null;
    }
    const { onScreen, frame, host, settings } = panel;
    const { left, top } = host.getBoundingClientRect();
    const content: TooltipContent = {
      xLabel: settings.xLabel,
      x: formatX(settings.xKind, x),
      rows,
      total: rows.length,
      focus: focus?.id ?? null,
      elsewhere: (row) => {
        const isHere = Math.abs(onScreen.x.map(row.x) - onScreen.x.map(x)) < 2;
        return isHere ? null : formatX(settings.xKind, row.x);
      },
    };
    const anchorRow = focus ?? rows[Math.floor(rows.length / 2)];
    const py = anchorRow ? onScreen.y.map(anchorRow.value) : Number.NaN;
    const middle = frame.plot.top + frame.plot.height / 2;
    const anchor = { x: left + onScreen.x.map(x), y: top + (Number.isFinite(py) ? py : middle) };
    const plot: Box = { ...frame.plot, left: left + frame.plot.left, top: top + frame.plot.top };
    this.tooltip.show(content, this.pinned, anchor, plot, this.outline(panel, { left, top }));
    return content.focus;
  }

  /** The looked-at line in window pixels, coarse: enough to keep out of its way. */
  private outline(panel: Panel, origin: { readonly left: number; readonly top: number }): Point[] {
    const { onScreen, frame, settings } = panel;
    const line = this.group === null ? null : panel.lineOf(this.group);
    if (!line || !onScreen || !frame) return [];
    const drawn = line.drawn(settings);
    const [from, to] = frame.xDomain;
    const points: Point[] = [];
    for (let i = 0; i <= LINE_SAMPLES; i += 1) {
      const index = line.nearest(from + ((to - from) * i) / LINE_SAMPLES);
      if (index < 0) break;
      const y = onScreen.y.map(drawn[index] as number);
      if (!Number.isFinite(y)) continue;
      points.push({ x: origin.left + onScreen.x.map(line.x[index] as number), y: origin.top + y });
    }
    return points;
  }
}

/** The x of the nearest line's point, unless that point lies outside what is in view. */
function snapped(nearest: Reading | null, x: number, [from, to]: Domain): number {
  return nearest && nearest.x >= from && nearest.x <= to ? nearest.x : x;
}

function readingOf(panel: Panel, group: string, x: number, theme: ChartTheme): Reading | null {
  const line = panel.lineOf(group);
  const view = panel.frame?.xDomain ?? panel.xDomain;
  return line && readLine(line, x, panel.settings, theme, view);
}
