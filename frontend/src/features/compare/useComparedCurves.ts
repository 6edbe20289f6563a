/** The curves of runs of several projects: each project is asked for its own, all are drawn as one. */
import { useEffect, useMemo, useState } from "react";
import { Curves } from "../../api/curves";
import { live } from "../../api/live";
import type { Run, XAxis } from "../../api/types";

export type CurvesOf = ReadonlyMap<string, Curves>; // by owner/project

const BUCKETS = 1000; // as many as a wide panel has pixels

export const projectOf = (run: Run): string => `${run.owner}/${run.project}`;

export function useComparedCurves(runs: readonly Run[], x: XAxis): CurvesOf | null {
  const [curves, setCurves] = useState<CurvesOf | null>(null);
  const some = [...new Set(runs.map(projectOf))].sort().join("\n");
  useEffect(() => {
    const made = new Map(
      some.split("\n").map((project) => {
        const subscribe: typeof live.subscribe = (subscription) => live.subscribe(subscription);
        return [project, new Curves({ project, x, buckets: BUCKETS, subscribe })];
      }),
    );
    setCurves(made);
    return () => {
      for (const one of made.values()) one.close();
    };
  }, [some, x]);
  const ids = runs.map((run) => `${projectOf(run)}/${run.id}`).join("\n");
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked anew when it is about other runs
  const asked = useMemo(() => runs, [ids]);
  useEffect(() => {
    for (const [project, one] of curves ?? []) {
      const own = asked.filter((run) => projectOf(run) === project);
      one.setRuns(own.map(({ id, started_at }) => ({ id, startedAt: started_at })));
    }
  }, [curves, asked]);
  return curves;
}
