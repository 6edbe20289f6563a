/** What was measured of the machines of the compared runs, a panel for each reading. */
import { useQueries } from "@tanstack/react-query";
import { Cpu } from "lucide-react";
import { useMemo } from "react";
import { keysQuery } from "../../api/queries";
import type { Run } from "../../api/types";
import { arrange, partOf } from "../../kit/sections";
import { EmptyState, ErrorState, Skeleton } from "../../kit/states";
import { Curves } from "./Charts";
import { readChoice, writeChoice } from "./state";
import { projectOf } from "./useComparedCurves";
import type { Compares } from "./useCompareState";

interface SystemProps {
  compares: Compares;
  runs: readonly Run[];
  base: string;
  across: boolean;
}

const USUAL = 12;
const isMachine = (key: string) => key.startsWith("system/");

/** Readings of any of the runs, the machine's own first; undefined until all projects said so. */
function useReadings(runs: readonly Run[]) {
  const asked = useMemo(() => {
    const projects = new Map<string, Run[]>();
    for (const run of runs) {
      projects.set(projectOf(run), [...(projects.get(projectOf(run)) ?? []), run]);
    }
    return [...projects.values()];
  }, [runs]);
  return useQueries({
    queries: asked.map((some) => {
      const { owner = "", project = "" } = some[0] ?? {};
      return keysQuery(owner, project, some.map(({ id }) => id).sort());
    }),
    combine: (answers) => {
      const known = answers.flatMap(({ data }) => data ?? []);
      const numbers = known.filter(({ key, kind }) => kind === "number" && isMachine(key));
      const keys = [...new Set(numbers.map(({ key }) => key))];
      return {
        keys: arrange([], keys, partOf).flatMap((section) => section.keys),
        pending: answers.some(({ data, error }) => !data && !error),
        error: answers.find(({ data, error }) => error && !data)?.error ?? null,
        retry: () => {
          for (const answer of answers) void answer.refetch();
        },
      };
    },
  });
}

export function System({ compares, runs, base, across }: SystemProps) {
  const { state, set } = compares;
  const { keys, pending, error, retry } = useReadings(runs);
  const chosen = useMemo(() => readChoice(state.machine), [state.machine]);
  if (error && keys.length === 0) return <ErrorState error={error} retry={retry} />;
  if (!pending && keys.length === 0) {
    return (
      <EmptyState icon={<Cpu size={20} aria-hidden />} title="Nothing was measured of the machines">
        Readings come every few seconds while a run goes on, unless it was begun with{" "}
        <code>monitor_system=False</code>.
      </EmptyState>
    );
  }
  if (pending) return <Skeleton height={224} lines={2} />;
  return (
    <Curves
      compares={compares}
      runs={runs}
      base={base}
      across={across}
      usualX="relative"
      keys={keys}
      shown={chosen ?? keys.slice(0, USUAL)}
      onChoose={(next) => set({ machine: writeChoice(next) })}
    />
  );
}
