/**
 * View: how a workspace is looked at, and its spelling in the URL.
 *
 * Names in the query: `x` step|rel|wall · `smooth` ema:0.6 · `log` y · `clip` 1 · `find` panels ·
 * `q` runs, `re` 1 when `q` is a pattern · `latest` how many of the newest runs are shown ·
 * `hide`, `show` exceptions from that · `sel` exactly these instead · `panel` full-screen key.
 * What is as usual is left out; what is not understood is ignored.
 */
import type { XAxis } from "../../api/types";

type Search = Partial<Record<string, string>>;

export interface View {
  x: XAxis;
  smooth: number; // 0 … 0.99
  logY: boolean;
  clip: boolean;
  find: string;
  q: string;
  regex: boolean;
  latest: number;
  hide: ReadonlySet<string>;
  show: ReadonlySet<string>;
  sel: ReadonlySet<string> | null;
  panel: string | null;
}

export const LATEST = 20;
const MOST_SHOWN = 1000;
const NOBODY = "-"; // `sel` when no run is shown at all

const X_NAMES: Record<XAxis, string> = { step: "step", relative: "rel", wall: "wall" };

function ids(text: string | undefined): ReadonlySet<string> {
  return new Set(text ? text.split(",").filter(Boolean) : []);
}

function smoothing(text: string | undefined): number {
  const found = /^ema:(\d*\.?\d+)$/.exec(text ?? "");
  return found ? Math.min(0.99, Math.max(0, Number(found[1]))) : 0;
}

function wholeNumber(text: string | undefined, usual: number): number {
  const value = Number(text);
  return text && Number.isInteger(value) && value >= 0 ? Math.min(value, MOST_SHOWN) : usual;
}

export function readView(search: Search): View {
  const x = (Object.keys(X_NAMES) as XAxis[]).find((name) => X_NAMES[name] === search.x);
  return {
    x: x ?? "step",
    smooth: smoothing(search.smooth),
    logY: search.log === "y",
    clip: search.clip === "1",
    find: search.find ?? "",
    q: search.q ?? "",
    regex: search.re === "1",
    latest: wholeNumber(search.latest, LATEST),
    hide: ids(search.hide),
    show: ids(search.show),
    sel: search.sel === undefined ? null : search.sel === NOBODY ? new Set() : ids(search.sel),
    panel: search.panel ?? null,
  };
}

export function writeView(view: View): Search {
  const list = (set: ReadonlySet<string>) => (set.size ? [...set].join(",") : undefined);
  return {
    x: view.x === "step" ? undefined : X_NAMES[view.x],
    smooth: view.smooth > 0 ? `ema:${Number(view.smooth.toFixed(2))}` : undefined,
    log: view.logY ? "y" : undefined,
    clip: view.clip ? "1" : undefined,
    find: view.find || undefined,
    q: view.q || undefined,
    re: view.regex ? "1" : undefined,
    latest: view.latest === LATEST ? undefined : String(view.latest),
    hide: list(view.hide),
    show: list(view.show),
    sel: view.sel === null ? undefined : (list(view.sel) ?? NOBODY),
    panel: view.panel ?? undefined,
  };
}

/** Which of the runs, newest first, are shown. */
export function shownRuns(runs: readonly { id: string }[], view: View): Set<string> {
  const shown = runs.filter(({ id }, rank) => {
    if (view.sel) return view.sel.has(id);
    return view.show.has(id) || (rank < view.latest && !view.hide.has(id));
  });
  return new Set(shown.slice(0, MOST_SHOWN).map((run) => run.id));
}

/** The view in which one run is shown that was not, or the other way round. */
export function toggled(view: View, id: string, shown: boolean): View {
  const flip = (set: ReadonlySet<string>, add: boolean) => {
    const next = new Set(set);
    if (add) next.add(id);
    else next.delete(id);
    return next;
  };
  if (view.sel) return { ...view, sel: flip(view.sel, !shown) };
  return { ...view, hide: flip(view.hide, shown), show: flip(view.show, !shown) };
}
