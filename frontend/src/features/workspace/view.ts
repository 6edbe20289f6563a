/**
 * View: how a workspace is looked at, and its spelling in the URL.
 *
 * Names in the query: `x` step|rel|wall|key:<metric> · `smooth` ema:0.6 · `log` y|x|xy · `clip` 1 ·
 * `find` panels · `q` runs (words, or the filter language), `re` 1 when `q` is a pattern · `sort` ·
 * `group` fields of runs and `config.<key>`, `!key` for all of the config but it · `agg` median:std · `base` the baseline ·
 * `pin` pinned runs · `latest` how many of the newest runs are shown · `hide`, `show` exceptions
 * from that · `sel` exactly these instead · `panel` full-screen panel · `d` the layout, as JSON.
 * What is as usual is left out; what is not understood is ignored.
 */
import type { CurveAxis } from "../../api/curves";
import type { Spread } from "../../api/spread";
import type { XAxis } from "../../api/types";
import { type Layout, readLayout, usualLayout, writeLayout } from "./layout";

export type Search = Partial<Record<string, string>>;

const METRIC = "key:";

/** An axis that every project has, or another metric of the same run. */
export type X = XAxis | `${typeof METRIC}${string}`;

/** The axis as curves are asked for. */
export function axisOf(x: X): { x: CurveAxis; xKey?: string } {
  return x.startsWith(METRIC) ? { x: "metric", xKey: x.slice(METRIC.length) } : { x: x as XAxis };
}

export const overMetric = (key: string): X => `${METRIC}${key}`;

export const CENTERS = ["mean", "median"] as const;
export type Center = (typeof CENTERS)[number];
export const SPREADS: readonly Spread[] = ["minmax", "std", "stderr", "ci", "quantiles", "none"];

/** By what the engine calls them, and how the URL spells them. */
export const SMOOTHINGS = {
  time: "ema",
  ema: "fixed",
  gaussian: "gaussian",
  mean: "mean",
} as const;
export type SmoothingKind = keyof typeof SMOOTHINGS;

export interface View {
  x: X;
  smooth: number; // 0 … 0.99
  smoothKind: SmoothingKind;
  logY: boolean;
  logX: boolean;
  clip: boolean;
  find: string;
  q: string;
  regex: boolean;
  sort: string;
  group: readonly string[];
  center: Center;
  spread: Spread;
  base: string | null;
  pins: readonly string[];
  latest: number;
  hide: ReadonlySet<string>;
  show: ReadonlySet<string>;
  sel: ReadonlySet<string> | null;
  panel: string | null;
  layout: Layout;
}

export const LATEST = 20;
export const NEWEST_FIRST = "-created_at";
export const MOST_SHOWN = 1000;
const NOBODY = "-"; // `sel` when no run is shown at all

const X_NAMES = { step: "step", relative: "rel", wall: "wall" } as const;

function list(text: string | undefined): string[] {
  return text ? text.split(",").filter(Boolean).map(decode) : [];
}

/** A key may hold the comma that stands between keys. */
function decode(text: string): string {
  return text.replaceAll("%2C", ",").replaceAll("%25", "%");
}

function encode(text: string): string {
  return text.replaceAll("%", "%25").replaceAll(",", "%2C");
}

function written(items: Iterable<string>): string | undefined {
  return [...items].map(encode).join(",") || undefined;
}

function readX(text: string | undefined, usual: X): X {
  if (text?.startsWith(METRIC) && text.length > METRIC.length) return text as X;
  const known = Object.entries(X_NAMES).find(([, name]) => name === text);
  return known ? (known[0] as X) : usual;
}

function smoothing(text: string | undefined): Pick<View, "smooth" | "smoothKind"> {
  const found = /^(\w+):(\d*\.?\d+)$/.exec(text ?? "");
  const kind = Object.entries(SMOOTHINGS).find(([, name]) => name === found?.[1]);
  if (!found || !kind) return { smooth: 0, smoothKind: "time" };
  const smooth = Math.min(0.99, Math.max(0, Number(found[2])));
  return { smooth, smoothKind: kind[0] as SmoothingKind };
}

function wholeNumber(text: string | undefined, usual: number): number {
  const value = Number(text);
  return text && Number.isInteger(value) && value >= 0 ? Math.min(value, MOST_SHOWN) : usual;
}

function oneOf<T extends string>(names: readonly T[], text: string | undefined): T {
  return names.find((name) => name === text) ?? (names[0] as T);
}

/** `usualX` is the axis where the query names none. */
export function readView(search: Search, usualX: X = "step"): View {
  const [center, spread] = (search.agg ?? "").split(":");
  return {
    x: readX(search.x, usualX),
    ...smoothing(search.smooth),
    logY: search.log === "y" || search.log === "xy",
    logX: search.log === "x" || search.log === "xy",
    clip: search.clip === "1",
    find: search.find ?? "",
    q: search.q ?? "",
    regex: search.re === "1",
    sort: search.sort ?? NEWEST_FIRST,
    group: list(search.group),
    center: oneOf(CENTERS, center),
    spread: oneOf(SPREADS, spread),
    base: search.base || null,
    pins: list(search.pin),
    latest: wholeNumber(search.latest, LATEST),
    hide: new Set(list(search.hide)),
    show: new Set(list(search.show)),
    sel: search.sel === undefined ? null : new Set(search.sel === NOBODY ? [] : list(search.sel)),
    panel: search.panel ?? null,
    layout: search.d ? readLayout(search.d) : usualLayout,
  };
}

/** Every name of the query that belongs to a view, whether or not it is as usual. */
export function writeView(view: View, usualX: X = "step"): Search {
  const { x, smooth, smoothKind, center, spread } = view;
  const log = `${view.logX ? "x" : ""}${view.logY ? "y" : ""}`;
  const aggregate = `${center}:${spread}`;
  return {
    x: x === usualX ? undefined : (X_NAMES[x as XAxis] ?? x),
    smooth: smooth > 0 ? `${SMOOTHINGS[smoothKind]}:${Number(smooth.toFixed(2))}` : undefined,
    log: log || undefined,
    clip: view.clip ? "1" : undefined,
    find: view.find || undefined,
    q: view.q || undefined,
    re: view.regex ? "1" : undefined,
    sort: view.sort === NEWEST_FIRST ? undefined : view.sort,
    group: written(view.group),
    agg: aggregate === "mean:minmax" ? undefined : aggregate,
    base: view.base ?? undefined,
    pin: written(view.pins),
    latest: view.latest === LATEST ? undefined : String(view.latest),
    hide: written(view.hide),
    show: written(view.show),
    sel: view.sel === null ? undefined : (written(view.sel) ?? NOBODY),
    panel: view.panel ?? undefined,
    d: writeLayout(view.layout),
  };
}

/**
 * Which of the runs, as they are ordered, are shown. Pinned runs and the baseline always may be.
 * Of groups all runs count: a mean over the newest few would be no mean of the group.
 */
export function shownRuns(runs: readonly { id: string }[], view: View): Set<string> {
  const kept = new Set(view.base ? [view.base, ...view.pins] : view.pins);
  const latest = view.group.length > 0 ? MOST_SHOWN : view.latest;
  let rank = 0;
  const shown = runs.filter(({ id }) => {
    if (view.sel) return view.sel.has(id);
    if (view.show.has(id)) return rank++ >= 0;
    const among = kept.has(id) || rank++ < latest;
    return among && !view.hide.has(id);
  });
  return new Set(shown.slice(0, MOST_SHOWN).map((run) => run.id));
}

/** The view in which these runs are shown that were not, or the other way round. */
export function toggled(view: View, ids: string | readonly string[], shown: boolean): View {
  const those = typeof ids === "string" ? [ids] : ids;
  const flip = (set: ReadonlySet<string>, add: boolean) => {
    const next = new Set(set);
    for (const id of those) {
      if (add) next.add(id);
      else next.delete(id);
    }
    return next;
  };
  if (view.sel) return { ...view, sel: flip(view.sel, !shown) };
  return { ...view, hide: flip(view.hide, shown), show: flip(view.show, !shown) };
}

export function pinned(view: View, id: string): View {
  const pins = view.pins.includes(id)
    ? view.pins.filter((one) => one !== id)
    : [...view.pins, id].slice(-20);
  return { ...view, pins };
}

export function measuredAgainst(view: View, id: string): View {
  return { ...view, base: view.base === id ? null : id };
}
