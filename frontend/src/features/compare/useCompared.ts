/**
 * The runs of the comparison and what their keys came to, kept true while any of them goes on:
 * fields are patched as they are told, figures over all points are asked for again now and then.
 */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo } from "react";
import { changed } from "../../api/announcements";
import { type Comparison, compareQuery, type FoundRuns, lookupQuery } from "../../api/comparison";
import { live, type RunChange } from "../../api/live";
import type { Run } from "../../api/types";
import { refOf } from "./refs";

export interface Compared {
  runs: Run[]; // in the order of the chips
  missing: string[];
  comparison: Comparison | undefined;
  error: Error | null;
  pending: boolean;
  retry: () => void;
}

const FIGURES_MS = 4000; // between two answers about all points of runs that go on

function patched(found: FoundRuns, project: string, changes: RunChange[]): FoundRuns {
  const news = new Map(changes.map((change) => [`${project}/${change.id}`, change]));
  if (!found.items.some((run) => news.has(refOf(run)))) return found;
  const items = found.items.map((run) => {
    const change = news.get(refOf(run));
    return change ? changed(run, change) : run;
  });
  return { ...found, items };
}

/** Writes what the live connection tells of these projects into the runs that were looked up. */
function useLive(refs: readonly string[], projects: readonly string[]): void {
  const client = useQueryClient();
  useEffect(() => {
    const { queryKey } = lookupQuery(refs);
    const handles = projects.map((project) =>
      live.subscribe({
        project,
        runs: [],
        keys: [],
        onChanges: (changes) =>
          client.setQueryData(queryKey, (found: FoundRuns | undefined) =>
            found ? patched(found, project, changes) : found,
          ),
        onRuns: (runs) =>
          client.setQueryData(queryKey, (found: FoundRuns | undefined) =>
            found ? patched(found, project, runs) : found,
          ),
        onBack: () => void client.invalidateQueries({ queryKey }),
      }),
    );
    return () => {
      for (const handle of handles) handle.close();
    };
  }, [client, refs, projects]);
}

export function useCompared(refs: readonly string[]): Compared {
  const found = useQuery(lookupQuery(refs));
  const items = refs.length ? found.data?.items : undefined;
  const going = items?.some((run) => run.state === "running") ?? false;
  const figures = useQuery({ ...compareQuery(refs), refetchInterval: going ? FIGURES_MS : false });
  const named = items?.map((run) => `${run.owner}/${run.project}`);
  const some = [...new Set(named)].sort().join("\n");
  const projects = useMemo(() => (some ? some.split("\n") : []), [some]);
  useLive(refs, projects);
  const runs = useMemo(() => {
    const wanted = new Map((items ?? []).map((run) => [refOf(run), run]));
    return refs.flatMap((ref) => wanted.get(ref) ?? []); // the order is the page's, at once
  }, [items, refs]);
  return {
    runs,
    missing: found.data?.missing.filter((ref) => refs.includes(ref)) ?? [],
    comparison: figures.data,
    error: found.error ?? figures.error,
    pending: refs.length > 0 && found.data === undefined,
    retry: () => {
      void found.refetch();
      void figures.refetch();
    },
  };
}
