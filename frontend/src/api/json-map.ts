/** Maps that others filled: their keys may be called anything, `constructor` and `__proto__` too. */
import type { Json, JsonMap } from "./types";

/** The value that the map itself holds under a key, never one that all objects inherit. */
export function valueAt(map: JsonMap, key: string): Json | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}
