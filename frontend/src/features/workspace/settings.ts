/** Settings of a panel as they come together: its own, its section's, the workspace's. */
import type { PanelOptions } from "../../chart";
import {
  type AxisScale,
  type Layout,
  type LineMode,
  member,
  type Range,
  type Settings,
  withPanel,
  withSection,
} from "./layout";
import type { SmoothingKind, View, X } from "./view";

export interface Resolved {
  x: X;
  xScale: AxisScale;
  yScale: AxisScale;
  xRange: Range;
  yRange: Range;
  clip: boolean;
  smooth: number;
  smoothKind: SmoothingKind;
  lineMode: LineMode;
  band: boolean;
  legend: boolean;
}

export type Scope = "panel" | "section" | "workspace";

const EVERYTHING: Range = [null, null];

export function workspaceSettings(view: View): Resolved {
  return {
    xRange: EVERYTHING,
    yRange: EVERYTHING,
    lineMode: "auto",
    band: true,
    legend: false,
    ...view.layout.settings,
    x: view.x,
    xScale: view.logX ? "log" : (view.layout.settings.xScale ?? "linear"),
    yScale: view.logY ? "log" : (view.layout.settings.yScale ?? "linear"),
    clip: view.clip,
    smooth: view.smooth,
    smoothKind: view.smoothKind,
  };
}

export function resolve(whole: Resolved, layout: Layout, section: string, id: string): Resolved {
  return {
    ...whole,
    ...member(layout.sections, section)?.settings,
    ...member(layout.panels, id)?.settings,
  };
}

/** The view in which these settings are others, for the panel, its section or all there is. */
export function withSettings(
  view: View,
  { scope, section, id }: { scope: Scope; section: string; id: string },
  change: Settings,
): View {
  const { layout } = view;
  if (scope === "panel") {
    const settings = joined(member(layout.panels, id)?.settings, change);
    return { ...view, layout: withPanel(layout, id, { settings }) };
  }
  if (scope === "section") {
    const settings = joined(member(layout.sections, section)?.settings, change);
    return { ...view, layout: withSection(layout, section, { settings }) };
  }
  return withWorkspaceSettings(view, change);
}

function joined(before: Settings | undefined, change: Settings): Settings {
  const all = Object.entries({ ...before, ...change });
  return Object.fromEntries(all.filter(([, value]) => value !== undefined));
}

/** What the bar over the panels shows has a name of its own in the URL. */
function withWorkspaceSettings(view: View, change: Settings): View {
  const { x, clip, smooth, smoothKind, xScale, yScale, ...others } = change;
  const before = joined(view.layout.settings, {});
  if (xScale) before.xScale = xScale === "symlog" ? xScale : undefined;
  if (yScale) before.yScale = yScale === "symlog" ? yScale : undefined;
  return {
    ...view,
    x: x ?? view.x,
    clip: clip ?? view.clip,
    smooth: smooth ?? view.smooth,
    smoothKind: smoothKind ?? view.smoothKind,
    logX: xScale ? xScale === "log" : view.logX,
    logY: yScale ? yScale === "log" : view.logY,
    layout: { ...view.layout, settings: joined(before, others) },
  };
}

/** Who has settings of their own is told so, and may give them up. */
export function withoutSettings(view: View, id: string): View {
  return { ...view, layout: withPanel(view.layout, id, { settings: undefined }) };
}

/** Whole, or nothing: the axis of x has no half range. */
const whole = ([from, to]: Range) =>
  from !== null && to !== null && from < to ? ([from, to] as const) : null;

const POINTS = 100; // that the widest window of `mean` and six deviations of `gaussian` hold

/** The slider's 0 … 0.99 as the kind counts it. */
function strength({ smooth, smoothKind }: Resolved): number {
  if (smooth === 0 || smoothKind === "time" || smoothKind === "ema") return smooth;
  return smoothKind === "mean" ? Math.round(1 + smooth * POINTS) : (smooth * POINTS) / 6;
}

export function panelOptions(settings: Resolved): Partial<PanelOptions> {
  const [low, high] = settings.yRange;
  const usable = low === null || high === null ? low !== high : low < high;
  return {
    smoothing: strength(settings),
    smoothingKind: settings.smoothKind,
    xScale: settings.xScale,
    yScale: settings.yScale,
    clipOutliers: settings.clip,
    lineMode: settings.lineMode,
    band: settings.band,
    xDomain: whole(settings.xRange),
    yDomain: usable ? settings.yRange : null,
  };
}
