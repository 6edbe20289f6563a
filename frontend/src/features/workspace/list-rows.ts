/** The rows of the list of runs: pinned ones first, then runs or groups, open groups with theirs. */
import type { Run } from "../../api/types";
import type { RunGroup } from "./groups";
import type { View } from "./view";

export type ListRow =
  | { kind: "run"; id: string; run: Run; member: boolean }
  | { kind: "group"; id: string; group: RunGroup };

export function isKept(view: Pick<View, "base" | "pins">, id: string): boolean {
  return id === view.base || view.pins.includes(id);
}

function pinnedFirst(runs: readonly Run[], view: View): readonly Run[] {
  if (!view.base && view.pins.length === 0) return runs;
  const rank = (run: Run) => (run.id === view.base ? -1 : view.pins.indexOf(run.id));
  const kept = runs.filter((run) => isKept(view, run.id)).sort((a, b) => rank(a) - rank(b));
  return [...kept, ...runs.filter((run) => !isKept(view, run.id))];
}

const runRow = (run: Run, member = false): ListRow => ({ kind: "run", id: run.id, run, member });

export function listRows(
  runs: readonly Run[],
  view: View,
  groups: readonly RunGroup[] | null,
  open: ReadonlySet<string>,
): ListRow[] {
  if (!groups) return pinnedFirst(runs, view).map((run) => runRow(run));
  return groups.flatMap((group): ListRow[] => [
    { kind: "group", id: group.id, group },
    ...(open.has(group.id)
      ? group.runs.map((run) => runRow({ ...run, color: group.color }, true))
      : []),
  ]);
}
