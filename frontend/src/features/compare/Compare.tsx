/**
 * Runs beside each other, of one project or of several: figures, differences, curves, groups, code.
 * Which runs, in which order, which one is the baseline and which part is open stands in the URL.
 */
import { GitCompareArrows, Plus } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import { MOST_COMPARED } from "../../api/comparison";
import { Button } from "../../kit/Button";
import { Dialog } from "../../kit/Dialog";
import { count, plural } from "../../kit/format";
import { EmptyState, ErrorState, Skeleton } from "../../kit/states";
import { Tabs } from "../../kit/Tabs";
import type { ProjectPlace } from "../../paths";
import { Analysis } from "./Analysis";
import { Charts } from "./Charts";
import { Code } from "./Code";
import styles from "./Compare.module.css";
import { CompareViews } from "./CompareViews";
import { Diff } from "./Diff";
import { Picker } from "./Picker";
import { RunChips } from "./RunChips";
import { readRefs, refOf, writeRefs } from "./refs";
import { Stats } from "./Stats";
import { System } from "./System";
import { useCompared } from "./useCompared";
import { projectOf } from "./useComparedCurves";
import { type Compares, useCompareState } from "./useCompareState";

const TABS = [
  { value: "stats", label: "Stats" },
  { value: "diff", label: "Diff" },
  { value: "charts", label: "Charts" },
  { value: "analysis", label: "Analysis" },
  { value: "code", label: "Code" },
  { value: "system", label: "System" },
] as const;
type Tab = (typeof TABS)[number]["value"];

export function Compare() {
  const compares = useCompareState();
  const { place, state, set } = compares;
  const ids = state.ids ?? "";
  const refs = useMemo(() => readRefs(ids, place).refs, [ids, place]);
  const order = useCallback(
    (next: readonly string[]) => set({ ids: writeRefs(next, place) }),
    [set, place],
  );
  const [adding, add] = useState(false);
  const given = state.base ? readRefs(state.base, place).refs[0] : undefined;
  const base = given && refs.includes(given) ? given : (refs[0] ?? "");
  const tab = TABS.find(({ value }) => value === state.tab)?.value ?? "stats";
  const done = (next: string[]) => {
    add(false);
    order(next);
  };
  const tooMany = refs.length > MOST_COMPARED;
  return (
    <div className={styles.page}>
      <header className={styles.bar}>
        <h1>Compare</h1>
        {refs.length > 0 && (
          <>
            <span className={styles.dim} data-testid="compared">
              {plural(refs.length, "run")}
            </span>
            <CompareViews compares={compares} />
            <span className={styles.space} />
            <Button icon={<Plus size={15} aria-hidden />} onClick={() => add(true)}>
              Choose runs
            </Button>
          </>
        )}
      </header>
      {refs.length === 0 && <First place={place} onDone={done} />}
      {tooMany && (
        <TooMany
          many={refs.length}
          onFirst={() => order(refs.slice(0, MOST_COMPARED))}
          onChoose={() => add(true)}
        />
      )}
      {refs.length > 0 && !tooMany && (
        <Body
          compares={compares}
          refs={refs}
          base={base}
          tab={tab}
          onTab={(next) => set({ tab: next === "stats" ? undefined : next })}
          onOrder={order}
          onBase={(ref) => set({ base: writeRefs([ref], place) })}
        />
      )}
      {adding && (
        <Dialog label="Runs to compare" size="palette" onClose={() => add(false)}>
          <div className={styles.dialog}>
            <Picker place={place} chosen={refs} onDone={done} />
          </div>
        </Dialog>
      )}
    </div>
  );
}

interface FirstProps {
  place: ProjectPlace | null;
  onDone: (refs: string[]) => void;
}

function First({ place, onDone }: FirstProps) {
  return (
    <div className={styles.first}>
      <div className={styles.firstWords}>
        <h2>Which runs?</h2>
        <p>Up to {MOST_COMPARED}, also of several projects. The first one is the baseline.</p>
      </div>
      <Picker place={place} chosen={[]} onDone={onDone} />
    </div>
  );
}

interface TooManyProps {
  many: number;
  onFirst: () => void;
  onChoose: () => void;
}

function TooMany({ many, onFirst, onChoose }: TooManyProps) {
  return (
    <EmptyState
      icon={<GitCompareArrows size={20} aria-hidden />}
      title={`${count(many)} runs are too many to compare`}
      action={
        <span className={styles.ways}>
          <Button variant="primary" onClick={onChoose}>
            Choose among them
          </Button>
          <Button onClick={onFirst}>Compare the first {MOST_COMPARED}</Button>
        </span>
      }
    >
      At most {MOST_COMPARED} stand beside each other. Filter them, or group them in the workspace.
    </EmptyState>
  );
}

interface BodyProps {
  compares: Compares;
  refs: readonly string[];
  base: string;
  tab: Tab;
  onTab: (tab: Tab) => void;
  onOrder: (refs: readonly string[]) => void;
  onBase: (ref: string) => void;
}

function Body({ compares, refs, base: wanted, tab, onTab, onOrder, onBase }: BodyProps) {
  const { runs, missing, comparison, error, pending, retry } = useCompared(refs);
  const baseline = runs.find((run) => refOf(run) === wanted) ?? runs[0];
  const across = useMemo(() => new Set(runs.map(projectOf)).size > 1, [runs]);
  if (error && runs.length === 0) return <ErrorState error={error} retry={retry} />;
  if (pending) {
    return (
      <div className={styles.bones}>
        <Skeleton height={28} lines={8} />
      </div>
    );
  }
  const gone = missing.length > 0 && (
    <p className={styles.missing} role="status">
      {plural(missing.length, "run")} not there, or not yours to see:{" "}
      <code>{missing.slice(0, 3).join(", ")}</code>
      {missing.length > 3 && " …"}
      <Button size="small" onClick={() => onOrder(refs.filter((ref) => !missing.includes(ref)))}>
        Leave out
      </Button>
    </p>
  );
  if (!baseline) return <>{gone}</>;
  const base = refOf(baseline);
  return (
    <>
      <RunChips
        runs={runs}
        refs={refs}
        base={base}
        across={across}
        onOrder={onOrder}
        onBase={onBase}
      />
      {gone}
      <Tabs label="Parts of the comparison" value={tab} options={TABS} onChange={onTab}>
        {tab === "stats" && (
          <Stats
            compares={compares}
            runs={runs}
            comparison={comparison}
            base={base}
            across={across}
          />
        )}
        {tab === "diff" && <Diff compares={compares} runs={runs} base={base} across={across} />}
        {tab === "charts" && (
          <Charts
            compares={compares}
            runs={runs}
            comparison={comparison}
            base={base}
            across={across}
          />
        )}
        {tab === "analysis" && <Analysis compares={compares} runs={runs} comparison={comparison} />}
        {tab === "code" && <Code runs={runs} base={baseline} />}
        {tab === "system" && <System compares={compares} runs={runs} base={base} across={across} />}
      </Tabs>
    </>
  );
}
