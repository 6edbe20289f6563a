/** The curves of one run: what its script logged, or what was measured of its machine. */
import { useQuery } from "@tanstack/react-query";
import { useParams } from "@tanstack/react-router";
import { Cpu } from "lucide-react";
import { useCallback, useMemo, useRef } from "react";
import { runQuery } from "../../api/queries";
import type { XAxis } from "../../api/types";
import { arrange, partOf, type SectionOf } from "../../kit/sections";
import { useShortcuts } from "../../kit/shortcuts";
import { EmptyState, ErrorState } from "../../kit/states";
import { Body, useNumberKeys } from "./Body";
import { ChartsProvider } from "./charts";
import { Full } from "./Full";
import { Grid } from "./Grid";
import { useBuckets } from "./useBuckets";
import { useView } from "./useView";
import { ViewBar } from "./ViewBar";
import styles from "./Workspace.module.css";

interface Shown {
  place: string; // below which it is remembered what is open
  wanted: (key: string) => boolean;
  x: XAxis; // where the URL names none
  group?: SectionOf;
  empty?: React.ReactNode;
}

const isMachine = (key: string) => key.startsWith("system/");

const LOGGED: Shown = { place: "", wanted: (key) => !isMachine(key), x: "step" };

const MACHINE: Shown = {
  place: "/system",
  wanted: isMachine,
  x: "relative",
  group: partOf,
  empty: (
    <EmptyState icon={<Cpu size={20} aria-hidden />} title="Nothing was measured of the machine">
      Readings come every few seconds while a run goes on, unless it was begun with{" "}
      <code>monitor_system=False</code>.
    </EmptyState>
  ),
};

export function RunCharts() {
  return <Curves {...LOGGED} />;
}

export function SystemCharts() {
  return <Curves {...MACHINE} />;
}

const NO_KEYS: readonly string[] = [];

function Curves({ place, wanted, x, group, empty }: Shown) {
  const { owner = "", project = "", run = "" } = useParams({ strict: false });
  const name = `${owner}/${project}${place || "/run"}`;
  const viewPlace = useMemo(() => ({ owner, project, name }), [owner, project, name]);
  const { view, change, undo, redo } = useView({ place: viewPlace, usualX: x });
  const { data, error, refetch } = useQuery(runQuery(owner, project, run));
  const named = useMemo(() => [run], [run]);
  const all = useNumberKeys(owner, project, named);
  const numbers = useMemo(() => all.numbers?.filter(wanted), [all.numbers, wanted]);
  const shown = useMemo(() => new Set(named), [named]);
  const runs = useMemo(() => (data ? [data] : []), [data]);
  const [measured, buckets] = useBuckets();
  const findRef = useRef<HTMLInputElement>(null);
  useShortcuts({
    "mod+z": () => undo?.(),
    "mod+shift+z": () => redo?.(),
    p: () => findRef.current?.focus(),
  });
  const expand = useCallback(
    (panel: string | null) => change((before) => ({ ...before, panel })),
    [change],
  );
  if (error && !data) return <ErrorState error={error} retry={refetch} />;
  return (
    <div className={styles.single}>
      <ViewBar
        view={view}
        onChange={change}
        findRef={findRef}
        undo={undo}
        redo={redo}
        keys={numbers ?? NO_KEYS}
        section={numbers && arrange([], numbers, group)[0]?.name}
      />
      <div className={styles.scroll} ref={measured} data-testid="panels">
        <ChartsProvider
          project={`${owner}/${project}`}
          view={view}
          change={change}
          keys={numbers ?? NO_KEYS}
          buckets={buckets}
          runs={runs}
          shown={shown}
        >
          <Body keys={{ ...all, numbers }} empty={empty}>
            <Grid
              place={`${owner}/${project}${place}`}
              keys={numbers ?? []}
              find={view.find}
              onClearFind={() => change((before) => ({ ...before, find: "" }))}
              onExpand={expand}
              {...(group ? { group } : {})}
            />
            {view.panel && (
              <Full
                place={`${owner}/${project}${place}`}
                keys={numbers ?? NO_KEYS}
                panel={view.panel}
                onMove={expand}
                {...(group ? { group } : {})}
              />
            )}
          </Body>
        </ChartsProvider>
      </div>
    </div>
  );
}
