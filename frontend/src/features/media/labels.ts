/** What the classes of a layer are called, where only the configuration says it, as wandb does. */
import { valueAt } from "../../api/json-map";
import type { JsonMap } from "../../api/types";
import { labelsOf } from "./values";

const BETWEEN = "_wandb_delimeter_";
const PLACES = ["mask/class_labels", "bounding_box/class_labels"];

export function labelsIn(config: JsonMap, key: string, layer: string): ReadonlyMap<number, string> {
  const wandb = valueAt(config, "_wandb");
  for (const place of PLACES) {
    const said = at(at(at(wandb, place), `${key}${BETWEEN}${layer}`), "value");
    const labels = labelsOf(said);
    if (labels.size > 0) return labels;
  }
  return new Map();
}

function at(map: unknown, name: string): unknown {
  const isMap = typeof map === "object" && map !== null && !Array.isArray(map);
  return isMap ? valueAt(map as JsonMap, name) : undefined;
}
