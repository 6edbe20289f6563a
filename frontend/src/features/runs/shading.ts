/** Cells shaded by how large their values are among the loaded runs. */
import type { Row } from "../../api/runs-table";
import { fromJson } from "../../kit/format";
import type { RunColumn } from "./columns";

const DARKEST = 32; // percent: what is written on it stays legible

export function heated(runs: readonly Row[], { value }: RunColumn) {
  const figure = (run: Row): number | null => {
    const said = value?.(run);
    const found = typeof said === "boolean" ? null : fromJson(said);
    return found !== null && Number.isFinite(found) ? found : null;
  };
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const run of runs) {
    const found = figure(run);
    if (found === null) continue;
    low = Math.min(low, found);
    high = Math.max(high, found);
  }
  return (run: Row): string | undefined => {
    const found = figure(run);
    if (found === null || !(high > low)) return undefined;
    const share = Math.round(((found - low) / (high - low)) * DARKEST);
    return `color-mix(in srgb, var(--accent) ${share}%, transparent)`;
  };
}
