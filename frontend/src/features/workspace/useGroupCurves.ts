/** The curves of the groups that a view makes. */
import { useEffect, useState } from "react";
import type { Span } from "../../api/curves";
import { GroupCurves } from "../../api/group-curves";
import { live } from "../../api/live";
import { aggregatesFor } from "../../api/spread";
import type { Run } from "../../api/types";
import { groupingOf } from "./groups";
import { axisOf, type View, type X } from "./view";

// Only steps are the same for all runs: on another axis a bucket has to be wide enough to hold a
// point of each of them, or the curve goes back and forth between those that it holds.
const FEWEST = 60;

interface GroupQuestion {
  project: string;
  x: X;
  buckets: number;
  span: Span | null;
  view: View;
  runs: readonly Run[];
  shown: ReadonlySet<string>;
  wanted: boolean;
}

/** The curves of the groups that a view makes, over one axis; null where none are wanted. */
export function useGroupCurves(question: GroupQuestion): GroupCurves | null {
  const { project, x, buckets, span, view, runs, shown, wanted } = question;
  const [curves, setCurves] = useState<GroupCurves | null>(null);
  const names = JSON.stringify(view.group);
  const { center, spread } = view;
  useEffect(() => {
    if (!wanted) return setCurves(null);
    const made = new GroupCurves({
      project,
      ...axisOf(x),
      buckets: x === "step" ? buckets : Math.max(FEWEST, Math.round(buckets / 4)),
      span,
      ...groupingOf(JSON.parse(names)),
      ...aggregatesFor(center, spread),
      subscribe: (subscription) => live.subscribe(subscription),
    });
    setCurves(made);
    return () => made.close();
  }, [project, x, buckets, span, names, center, spread, wanted]);
  const ids = JSON.stringify(runs.flatMap(({ id }) => (shown.has(id) ? [id] : [])).sort());
  useEffect(() => {
    curves?.setRuns((JSON.parse(ids) as string[]).map((id) => ({ id, startedAt: 0 })));
  }, [curves, ids]);
  return curves;
}
