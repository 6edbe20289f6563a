/** A project at work: its runs on the left, their curves on the right, all of it live. */
import { useParams } from "@tanstack/react-router";
import { PanelLeftOpen } from "lucide-react";
import { type ReactNode, useCallback, useDeferredValue, useMemo, useRef, useState } from "react";
import type { Run } from "../../api/types";
import { IconButton } from "../../kit/Button";
import { classes } from "../../kit/classes";
import { arrange } from "../../kit/sections";
import { useShortcuts } from "../../kit/shortcuts";
import { useStored } from "../../kit/useStored";
import { Body, useNumberKeys } from "./Body";
import { ChartsProvider } from "./charts";
import { Full } from "./Full";
import { Grid } from "./Grid";
import { groupRuns } from "./groups";
import { member } from "./layout";
import { RunList } from "./RunList";
import { share } from "./share";
import { useBuckets } from "./useBuckets";
import { useRunKeys } from "./useRunKeys";
import { useSavedView } from "./useSavedView";
import { useView } from "./useView";
import { useWorkspaceRuns } from "./useWorkspaceRuns";
import { ViewBar } from "./ViewBar";
import { ViewMenu } from "./ViewMenu";
import { shownRuns } from "./view";
import styles from "./Workspace.module.css";

interface WorkspaceProps {
  first?: ReactNode; // what a project without runs is shown as
}

export function Workspace({ first: onboarding }: WorkspaceProps) {
  const { owner = "", project = "" } = useParams({ strict: false });
  const name = `${owner}/${project}`;
  const saved = useSavedView(owner, project);
  const place = useMemo(() => ({ owner, project, name }), [owner, project, name]);
  const viewed = useView({ place, base: saved.state, drafts: true });
  const { view, change } = viewed;
  const found = useWorkspaceRuns({ owner, project }, view);
  const runs = useMemo(
    () => ({ ...found, items: coloured(found.items, view.layout.colors) }),
    [found, view.layout.colors],
  );
  const shown = useStable(shownRuns(runs.items, view));
  const by = view.group.join("\n");
  // biome-ignore lint/correctness/useExhaustiveDependencies: `by` is what they are grouped by
  const groups = useMemo(
    () => (by ? groupRuns(runs.items, view.group, view.layout.colors) : null),
    [runs.items, by, view.layout.colors],
  );
  const keys = useNumberKeys(owner, project);
  const [chosen, choose] = useStored<string | null>(`wanllmdb.value.${name}`, null);
  const phone = matchMedia("(max-width: 860px)").matches; // there the list is a page of its own
  const [narrow, fold] = useStored<boolean>(`wanllmdb.runs.folded${phone ? ".phone" : ""}`, phone);
  const values = keys.numbers ?? NO_KEYS;
  const value = chosen && values.includes(chosen) ? chosen : usualValue(values);
  const first = useMemo(() => arrange([], values)[0]?.name, [values]);
  const [measured, buckets] = useBuckets();
  const filterRef = useRef<HTMLInputElement>(null);
  const findRef = useRef<HTMLInputElement>(null);
  const [saving, save] = useState(false);
  useRunKeys({ runs: runs.items, shown, change, filterRef, findRef });
  useShortcuts({
    "mod+z": () => viewed.undo?.(),
    "mod+shift+z": () => viewed.redo?.(),
    "mod+s": () => save(true),
    "mod+j": () => fold(!narrow),
  });

  const find = useDeferredValue(view.find);
  // Whoever waits for a first run goes on waiting until it has logged something.
  const [waits, wait] = useState(false);
  const none = runs.total === 0 && runs.found === 0 && view.q === "";
  if (none && !waits) wait(true);
  const expand = useCallback(
    (panel: string | null) => change((before) => ({ ...before, panel })),
    [change],
  );
  if (onboarding && (none || waits)) return <div className={styles.first}>{onboarding}</div>;
  return (
    <div className={classes(styles.workspace, narrow && styles.narrow)}>
      <h1 className="hidden-text">Workspace of {project}</h1>
      {!narrow && (
        <RunList
          runs={runs}
          groups={groups}
          shown={shown}
          view={view}
          onChange={change}
          value={value}
          values={values}
          onValue={choose}
          filterRef={filterRef}
          onFold={() => fold(true)}
        />
      )}
      <div className={styles.right}>
        <ViewBar
          view={view}
          onChange={change}
          findRef={findRef}
          undo={viewed.undo}
          redo={viewed.redo}
          keys={values}
          onShare={() => void share(place, viewed, saved)}
          section={first}
          before={
            <>
              {narrow && (
                <IconButton label="Show runs" hint="⌘J" onClick={() => fold(false)}>
                  <PanelLeftOpen size={16} aria-hidden />
                </IconButton>
              )}
              <ViewMenu
                owner={owner}
                project={project}
                viewed={viewed}
                saved={saved}
                saving={saving}
                onSaving={save}
              />
            </>
          }
        />
        <div className={styles.scroll} ref={measured} data-testid="panels">
          <ChartsProvider
            project={name}
            view={view}
            change={change}
            keys={values}
            buckets={buckets}
            runs={runs.items}
            groups={groups}
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
              {view.panel && <Full place={name} keys={values} panel={view.panel} onMove={expand} />}
            </Body>
          </ChartsProvider>
        </div>
      </div>
    </div>
  );
}

const NO_KEYS: readonly string[] = [];

/** Runs in the colours that the view gives them. */
function coloured(runs: readonly Run[], colors: Readonly<Record<string, number>>): readonly Run[] {
  if (Object.keys(colors).length === 0) return runs;
  return runs.map((run) => {
    const color = member(colors, run.id);
    return color === undefined ? run : { ...run, color };
  });
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
