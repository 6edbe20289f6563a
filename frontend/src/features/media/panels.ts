/**
 * Panels: which there are for the keys of a run.
 *
 * A chart of `wandb.plot` is one panel: its table lies under a key of its own, and the
 * configuration says how it is to be drawn.
 */
import { valueAt } from "../../api/json-map";
import type { RunKey } from "../../api/objects";
import type { Json, JsonMap } from "../../api/types";
import { type Kind, kindOf } from "./values";

export interface ChartSpec {
  name: string; // of the drawing: wandb/line/v0
  fields: Record<string, string>; // roles to columns
  strings: Record<string, string>;
}

export interface PanelEntry {
  key: string; // what the panel is called
  values: RunKey; // where its values lie
  kind: Kind | "chart";
  chart: ChartSpec | null;
}

const PRINTED = "console/";

/** The panels of a run, by the name that each has. */
export function panelsOf(keys: readonly RunKey[], config: JsonMap): Map<string, PanelEntry> {
  const objects = new Map(
    keys
      .filter(({ key, kind }) => kind === "object" && !key.startsWith(PRINTED))
      .map((key) => [key.key, key]),
  );
  const panels = new Map<string, PanelEntry>();
  const drawn = new Set<string>();
  for (const [name, { spec, table }] of chartsOf(config)) {
    const values = objects.get(table);
    if (!values || kindOf(values.last) !== "table") continue;
    panels.set(name, { key: name, values, kind: "chart", chart: spec });
    drawn.add(table);
  }
  for (const [key, values] of objects) {
    if (drawn.has(key) || panels.has(key)) continue;
    panels.set(key, { key, values, kind: kindOf(values.last), chart: null });
  }
  return panels;
}

const isMap = (value: unknown): value is JsonMap =>
  typeof value === "object" && value !== null && !Array.isArray(value);

function mapAt(map: JsonMap, ...way: string[]): JsonMap {
  let at: Json | undefined = map;
  for (const name of way) at = isMap(at) ? valueAt(at, name) : undefined;
  return isMap(at) ? at : {};
}

function texts(map: JsonMap): Record<string, string> {
  const found = Object.entries(map).filter((one): one is [string, string] => {
    return typeof one[1] === "string";
  });
  return Object.fromEntries(found);
}

interface Chart {
  spec: ChartSpec;
  table: string;
}

/** The charts that the configuration tells of. */
export function chartsOf(config: JsonMap): Map<string, Chart> {
  const charts = new Map<string, Chart>();
  for (const [key, said] of Object.entries(mapAt(config, "_wandb", "visualize"))) {
    const panel = isMap(said) ? mapAt(said, "panel_config") : {};
    const name = valueAt(panel, "panelDefId");
    if (typeof name !== "string") continue;
    const spec = {
      name,
      fields: texts(mapAt(panel, "fieldSettings")),
      strings: texts(mapAt(panel, "stringSettings")),
    };
    charts.set(key, { spec, table: tableKeyIn(valueAt(panel, "userQuery")) ?? `${key}_table` });
  }
  return charts;
}

/** The value beside the name `tableKey`, wherever in the query it stands. */
function tableKeyIn(query: Json | undefined): string | null {
  if (Array.isArray(query)) {
    for (const part of query) {
      const found = tableKeyIn(part);
      if (found) return found;
    }
    return null;
  }
  if (!isMap(query)) return null;
  const value = valueAt(query, "value");
  if (valueAt(query, "name") === "tableKey" && typeof value === "string") return value;
  return tableKeyIn(Object.values(query));
}
