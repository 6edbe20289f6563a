/** The curves of one run. */
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { runQuery } from "../../api/queries";
import { ErrorState } from "../../kit/states";
import { ChartsProvider } from "./charts";
import { FullPanel } from "./FullPanel";
import { Grid, useBuckets } from "./Grid";
import { useView } from "./useView";
import { ViewBar } from "./ViewBar";
import { Body, useNumberKeys } from "./Workspace";
import styles from "./Workspace.module.css";

export function RunCharts() {
  const { owner = "", project = "", run = "" } = useParams({ strict: false });
  const [view, change] = useView();
  const { data, error, refetch } = useQuery(runQuery(owner, project, run));
  const named = useMemo(() => [run], [run]);
  const keys = useNumberKeys(owner, project, named);
  const shown = useMemo(() => new Set(named), [named]);
  const runs = useMemo(() => (data ? [data] : []), [data]);
  const [measured, buckets] = useBuckets();
  const expand = useCallback(
    (panel: string | null) => change((before) => ({ ...before, panel })),
    [change],
  );
  if (error && !data) return <ErrorState error={error} retry={refetch} />;
  const numbers = keys.numbers ?? [];
  return (
    <div className={styles.single}>
      <ViewBar view={view} onChange={change} />
      <div className={styles.scroll} ref={measured} data-testid="panels">
        <ChartsProvider
          project={`${owner}/${project}`}
          view={view}
          buckets={buckets}
          runs={runs}
          shown={shown}
        >
          <Body keys={keys}>
            <Grid
              place={`${owner}/${project}`}
              keys={numbers}
              find={view.find}
              onClearFind={() => change((before) => ({ ...before, find: "" }))}
              onExpand={expand}
            />
            {view.panel && numbers.includes(view.panel) && (
              <FullPanel
                name={view.panel}
                keys={numbers}
                onMove={expand}
                onClose={() => expand(null)}
              />
            )}
          </Body>
        </ChartsProvider>
      </div>
    </div>
  );
}
