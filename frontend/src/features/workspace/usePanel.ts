/** A panel of the layout as it stands: what it draws, how, and how to change it. */
import { useMemo } from "react";
import { useCharts } from "./charts";
import { member } from "./layout";
import { contentOf, type PanelContent } from "./panel-content";
import { type Resolved, resolve } from "./settings";

export interface PanelHere {
  content: PanelContent;
  settings: Resolved;
  own: boolean; // it has settings of its own
}

export function usePanel(id: string, section: string): PanelHere {
  const { view, settings: whole, keys } = useCharts();
  const panel = member(view.layout.panels, id);
  const said = panel ? JSON.stringify(panel) : "";
  // Keys come while it is looked at: only a pattern has to look at all of them.
  const among = panel?.pattern ? keys : NONE;
  // biome-ignore lint/correctness/useExhaustiveDependencies: `said` is what the panel says
  const content = useMemo(() => contentOf(id, panel, among), [id, said, among]);
  const sections = JSON.stringify(member(view.layout.sections, section)?.settings ?? null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: as above, of its section
  const settings = useMemo(
    () => resolve(whole, view.layout, section, id),
    [whole, said, sections, section, id],
  );
  return { content, settings, own: panel?.settings !== undefined };
}

const NONE: readonly string[] = [];
