/** Maps that others filled: their keys may be called anything, `constructor` and `__proto__` too. */
import type { Json, JsonMap } from "./types";

/** The value that the map itself holds under a key, never one that all objects inherit. */
export function valueAt(map: JsonMap, key: string): Json | undefined {
  return Object.hasOwn(map, key) ? map[key] : undefined;
}

/** Its leaves by name, nested ones joined with dots, in the order given. */
export function flat(map: JsonMap): Map<string, Json> {
  const found = new Map<string, Json>();
  const walk = (inner: JsonMap, prefix: string): void => {
    for (const [name, value] of Object.entries(inner)) {
      const nested = typeof value === "object" && value !== null && !Array.isArray(value);
      if (nested && Object.keys(value).length > 0) walk(value, `${prefix}${name}.`);
      else found.set(prefix + name, value);
    }
  };
  walk(map, "");
  return found;
}
