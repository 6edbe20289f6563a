/** Panels that were made a moment ago: their settings open, once, to be told what to draw. */
import { freshId, type PanelLayout, withMade } from "./layout";
import type { ChangeView } from "./useView";

const fresh = new Set<string>();

export function addPanel(change: ChangeView, panel: PanelLayout): void {
  change((view) => {
    fresh.add(freshId(view.layout));
    return { ...view, layout: withMade(view.layout, panel) };
  });
}

export const isFresh = (id: string): boolean => fresh.has(id);

export function isSeen(id: string): void {
  fresh.delete(id);
}
