/**
 * Layout: sections and panels as somebody arranged them, over those that make themselves.
 *
 * A panel that made itself is called as its key; one that somebody made has an id that begins with
 * `+`. Only what is not as usual is written down, so new keys find their place by themselves.
 */
import type { SmoothingKind, X } from "./view";

export type AxisScale = "linear" | "log" | "symlog";
export const AXIS_SCALES: readonly AxisScale[] = ["linear", "log", "symlog"];
export type LineMode = "auto" | "full" | "last" | "mean";
export const LINE_MODES: readonly LineMode[] = ["auto", "full", "last", "mean"];
export type Range = readonly [number | null, number | null];

/** How lines are drawn. What is left out is as the section says, then as the workspace says. */
export interface Settings {
  x?: X;
  xScale?: AxisScale;
  yScale?: AxisScale;
  xRange?: Range;
  yRange?: Range;
  clip?: boolean;
  smooth?: number;
  smoothKind?: SmoothingKind;
  lineMode?: LineMode;
  band?: boolean;
  legend?: boolean;
}

export interface PanelLayout {
  keys?: string[]; // instead of the one that it is called after
  pattern?: string; // a regular expression for keys
  expression?: string; // drawn instead of the keys
  title?: string;
  section?: string; // instead of the one of its prefix
  after?: string | null; // the panel that it follows; null: the first of its section
  settings?: Settings;
}

export interface SectionLayout {
  title?: string; // instead of its name
  open?: boolean;
  columns?: number; // 1 … 6
  height?: number; // of a panel's plot, in pixels
  settings?: Settings;
}

export interface Layout {
  settings: Settings; // of the whole workspace
  sections: Readonly<Record<string, SectionLayout>>;
  order: readonly string[]; // sections that were moved to the top, in their order
  panels: Readonly<Record<string, PanelLayout>>;
  removed: readonly string[];
  colors: Readonly<Record<string, number>>; // of runs, instead of the server's
}

export const usualLayout: Layout = {
  settings: {},
  sections: {},
  order: [],
  panels: {},
  removed: [],
  colors: {},
};

export const MOST_COLUMNS = 6;
export const PLOT_HEIGHTS = [140, 186, 260, 360] as const;

const isMap = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function texts(value: unknown): string[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === "string") : [];
}

/** The layout that a text says; what is not understood is left out. */
export function readLayout(text: string): Layout {
  try {
    const said: unknown = JSON.parse(text);
    if (!isMap(said)) return usualLayout;
    const map = <T>(name: string) => (isMap(said[name]) ? said[name] : {}) as Record<string, T>;
    return {
      settings: map("settings"),
      sections: map<SectionLayout>("sections"),
      order: texts(said.order),
      panels: map<PanelLayout>("panels"),
      removed: texts(said.removed),
      colors: map<number>("colors"),
    };
  } catch {
    return usualLayout;
  }
}

/** The layout as a text, undefined when all is as usual. */
export function writeLayout(layout: Layout): string | undefined {
  const said = Object.entries(layout).filter(([, part]) => Object.keys(part).length > 0);
  return said.length ? JSON.stringify(Object.fromEntries(said)) : undefined;
}

/** What a map says of a name; of `constructor` as of any other, nothing unless it was told. */
export function member<T>(map: Readonly<Record<string, T>>, name: string): T | undefined {
  return Object.hasOwn(map, name) ? map[name] : undefined;
}

export function isMade(id: string): boolean {
  return id.startsWith("+");
}

/** The panel's own section: where it was moved, else that of its first key. */
export function homeOf(id: string, layout: Layout, sectionOf: (key: string) => string): string {
  const panel = member(layout.panels, id);
  return panel?.section ?? sectionOf(panel?.keys?.[0] ?? id);
}

/** Without the members that say nothing, so that a layout that was undone by hand is as usual. */
function tidy<T extends object>(value: T): T | undefined {
  const left = Object.entries(value).filter(
    ([, part]) => part !== undefined && !(isMap(part) && Object.keys(part).length === 0),
  );
  return left.length ? (Object.fromEntries(left) as T) : undefined;
}

function placed<T>(map: Readonly<Record<string, T>>, id: string, value: T | undefined) {
  const { [id]: _, ...rest } = map;
  return value === undefined ? rest : { ...map, [id]: value };
}

export function withPanel(layout: Layout, id: string, change: PanelLayout): Layout {
  const next = tidy({ ...member(layout.panels, id), ...change });
  // A panel that somebody made is there even if it says nothing.
  return { ...layout, panels: placed(layout.panels, id, next ?? (isMade(id) ? {} : undefined)) };
}

export function withSection(layout: Layout, name: string, change: SectionLayout): Layout {
  const next = tidy({ ...member(layout.sections, name), ...change });
  return { ...layout, sections: placed(layout.sections, name, next) };
}

export function withoutPanel(layout: Layout, id: string): Layout {
  const panels = placed(layout.panels, id, undefined);
  if (isMade(id)) return { ...layout, panels };
  return { ...layout, panels, removed: [...layout.removed, id] };
}

/** A name that no panel of the layout has. */
export function freshId(layout: Layout): string {
  let n = Object.keys(layout.panels).length + 1;
  while (`+${n}` in layout.panels) n += 1;
  return `+${n}`;
}

export function withMade(layout: Layout, panel: PanelLayout): Layout {
  const id = freshId(layout);
  return { ...layout, panels: { ...layout.panels, [id]: panel } };
}

export function duplicated(layout: Layout, id: string, section: string): Layout {
  const before = member(layout.panels, id) ?? {};
  const keys = before.keys ?? (isMade(id) ? undefined : [id]);
  return withMade(layout, { ...before, ...(keys ? { keys } : {}), section, after: id });
}

export function withColor(layout: Layout, run: string, color: number | null): Layout {
  return { ...layout, colors: placed(layout.colors, run, color ?? undefined) };
}

/** The sections in the order in which they were put, the others behind them as they were. */
export function inOrder<T extends { name: string }>(sections: readonly T[], layout: Layout): T[] {
  const rank = (name: string) => {
    const at = layout.order.indexOf(name);
    return at < 0 ? layout.order.length : at;
  };
  return sections
    .map((section, place) => ({ section, place }))
    .sort((a, b) => rank(a.section.name) - rank(b.section.name) || a.place - b.place)
    .map(({ section }) => section);
}

/** Panels of a section in the order in which they were put. */
export function panelsInOrder(ids: readonly string[], layout: Layout): string[] {
  const order = [...ids];
  for (const [id, { after }] of Object.entries(layout.panels)) {
    if (after === undefined || !order.includes(id)) continue;
    const place = after === null ? 0 : order.indexOf(after) + 1;
    if (after !== null && place === 0) continue; // what it followed is gone
    const from = order.indexOf(id);
    order.splice(from, 1);
    order.splice(from < place ? place - 1 : place, 0, id);
  }
  return order;
}

/** The layout in which a section stands where another stood; `names` as they stand. */
export function sectionPut(
  layout: Layout,
  names: readonly string[],
  name: string,
  target: string,
): Layout {
  const order = moved(names, name, names.indexOf(target));
  return order ? { ...layout, order } : layout;
}

/** The layout in which a section stands one place higher or lower. */
export function sectionMoved(
  layout: Layout,
  names: readonly string[], // as they stand
  name: string,
  by: -1 | 1,
): Layout {
  const order = moved(names, name, names.indexOf(name) + by);
  return order ? { ...layout, order } : layout;
}

/** The layout in which a panel stands one place earlier or later in its section. */
export function panelMoved(
  layout: Layout,
  ids: readonly string[], // of its section, as they stand
  id: string,
  by: -1 | 1,
): Layout {
  const order = moved(ids, id, ids.indexOf(id) + by);
  return order ? withOrder(layout, order, id) : layout;
}

/** The layout in which a panel stands where another stood, in the other's section. */
export function panelPut(
  layout: Layout,
  { ids, section }: { ids: readonly string[]; section: string }, // of the other
  id: string,
  target: string,
): Layout {
  const to = ids.indexOf(target);
  if (to < 0) return layout;
  if (ids.includes(id)) {
    const order = moved(ids, id, to);
    return order ? withOrder(layout, order, id) : layout;
  }
  const order = [...ids.slice(0, to), id, ...ids.slice(to)];
  return withOrder(withPanel(layout, id, { section }), order, id);
}

/** The names with one of them at another place; null where it stays, or there is no such place. */
function moved(names: readonly string[], name: string, to: number): string[] | null {
  const at = names.indexOf(name);
  if (at < 0 || to < 0 || to >= names.length || at === to) return null;
  const order = [...names];
  order.splice(at, 1);
  order.splice(to, 0, name);
  return order;
}

function withOrder(layout: Layout, order: readonly string[], id: string): Layout {
  const after = order[order.indexOf(id) - 1] ?? null;
  // Told last, as what is told later goes before.
  const { [id]: mine, ...rest } = layout.panels;
  return { ...layout, panels: { ...rest, [id]: { ...mine, after } } };
}
