/** A project at work: its runs on the left, their curves on the right, all of it live. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { ChartSpline } from "lucide-react";
import { useCallback, useDeferredValue, useEffect, useMemo, useRef } from "react";
import { keysQuery } from "../../api/queries";
import type { Run } from "../../api/types";
import { useShortcuts } from "../../kit/shortcuts";
import { EmptyState, ErrorState, Skeleton } from "../../kit/states";
import { useStored } from "../../kit/useStored";
import { paths } from "../../paths";
import { ChartsProvider } from "./charts";
import { FullPanel } from "./FullPanel";
import { focus, useFocusStore } from "./focus";
import { Grid, useBuckets } from "./Grid";
import { RunList } from "./RunList";
import { finder } from "./sections";
import { useView } from "./useView";
import { useWorkspaceRuns } from "./useWorkspaceRuns";
import { ViewBar } from "./ViewBar";
import { shownRuns, toggled } from "./view";
import styles from "./Workspace.module.css";

export function Workspace() {
  const { owner = "", project = "" } = useParams({ strict: false });
  const name = `${owner}/${project}`;
  const [view, change] = useView();
  const runs = useWorkspaceRuns({ owner, project }, view);
  const shown = useStable(shownRuns(runs.items, view));
  const keys = useNumberKeys(owner, project);
  const [chosen, choose] = useStored<string | null>(`wanllmdb.value.${name}`, null);
  const values = keys.numbers ?? NO_KEYS;
  const value = chosen && values.includes(chosen) ? chosen : usualValue(values);
  const [measured, buckets] = useBuckets();
  const filterRef = useRef<HTMLInputElement>(null);
  const findRef = useRef<HTMLInputElement>(null);
  useRunKeys({ runs: runs.items, shown, change, filterRef, findRef });

  const find = useDeferredValue(view.find);
  const matching = useMemo(() => values.filter(finder(find)), [values, find]);
  const expand = useCallback(
    (panel: string | null) => change((before) => ({ ...before, panel })),
    [change],
  );
  return (
    <div className={styles.workspace}>
      <h1 className="hidden-text">Workspace of {project}</h1>
      <RunList
        runs={runs}
        shown={shown}
        view={view}
        onChange={change}
        value={value}
        values={values}
        onValue={choose}
        filterRef={filterRef}
      />
      <div className={styles.right}>
        <ViewBar view={view} onChange={change} findRef={findRef} />
        <div className={styles.scroll} ref={measured} data-testid="panels">
          <ChartsProvider
            project={name}
            view={view}
            buckets={buckets}
            runs={runs.items}
            shown={shown}
          >
            <Body keys={keys}>
              <Grid
                place={name}
                keys={values}
                find={find}
                onClearFind={() => change((before) => ({ ...before, find: "" }))}
                onExpand={expand}
              />
              {view.panel && values.includes(view.panel) && (
                <FullPanel
                  name={view.panel}
                  keys={matching.includes(view.panel) ? matching : values}
                  onMove={expand}
                  onClose={() => expand(null)}
                />
              )}
            </Body>
          </ChartsProvider>
        </div>
      </div>
    </div>
  );
}

const NO_KEYS: readonly string[] = [];

interface NumberKeys {
  numbers: readonly string[] | undefined;
  error: Error | null;
  retry: () => void;
}

export function useNumberKeys(owner: string, project: string, runs?: string[]): NumberKeys {
  const { data, error, refetch } = useQuery(keysQuery(owner, project, runs));
  const numbers = useMemo(
    () => data?.filter((one) => one.kind === "number").map((one) => one.key),
    [data],
  );
  return { numbers, error: data ? null : error, retry: () => void refetch() };
}

/** What stands in for the panels while there are none. */
export function Body({ keys, children }: { keys: NumberKeys; children: React.ReactNode }) {
  if (keys.error) return <ErrorState error={keys.error} retry={keys.retry} />;
  if (!keys.numbers) {
    return (
      <div className={styles.bones}>
        <Skeleton height={220} lines={3} />
      </div>
    );
  }
  if (keys.numbers.length === 0) {
    return (
      <EmptyState icon={<ChartSpline size={20} aria-hidden />} title="Nothing was logged yet">
        A chart appears here with the first <code>run.log({"{…}"})</code>.
      </EmptyState>
    );
  }
  return children;
}

/** The same set for the same members, so that what depends on it stays as it is. */
function useStable(set: ReadonlySet<string>): ReadonlySet<string> {
  const held = useRef(set);
  const same = held.current.size === set.size && [...set].every((one) => held.current.has(one));
  if (!same) held.current = set;
  return held.current;
}

/** The value that most want to see first: a loss that was not trained on, else any loss. */
export function usualValue(keys: readonly string[]): string | null {
  const losses = keys.filter((key) => /loss$/i.test(key));
  return losses.find((key) => /^(val|eval|test|dev)/i.test(key)) ?? losses[0] ?? keys[0] ?? null;
}

interface RunKeysProps {
  runs: readonly Run[];
  shown: ReadonlySet<string>;
  change: ReturnType<typeof useView>[1];
  filterRef: React.RefObject<HTMLInputElement | null>;
  findRef: React.RefObject<HTMLInputElement | null>;
}

/** j and k walk the runs, space shows or hides, Enter opens; f and p go to the two filters. */
function useRunKeys({ runs, shown, change, filterRef, findRef }: RunKeysProps): void {
  const navigate = useNavigate();
  const held = () => useFocusStore.getState().held;
  const move = (by: number) => {
    const at = runs.findIndex((run) => run.id === held());
    const next = runs[Math.min(runs.length - 1, Math.max(0, at + by))];
    if (next) focus.hold(next.id);
  };
  const withHeld = (act: (run: Run) => void) => {
    const run = runs.find((one) => one.id === held());
    if (run) act(run);
  };
  useShortcuts({
    j: () => move(1),
    k: () => move(-1),
    f: () => filterRef.current?.focus(),
    p: () => findRef.current?.focus(),
    o: () => withHeld(({ owner, project, id }) => navigate(paths.run({ owner, project, run: id }))),
    x: () => withHeld(({ id }) => change((view) => toggled(view, id, shown.has(id)))),
    escape: () => focus.hold(null),
  });
  useEffect(() => () => focus.hold(null), []);
}
