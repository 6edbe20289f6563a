/** The runs of a project beside their charts: which are shown, in which colour, and how they stand. */
import { ChevronDown, Group, PanelLeftClose, Search, SearchX } from "lucide-react";
import { type ReactNode, type Ref, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { valueAt } from "../../api/json-map";
import { Button, IconButton } from "../../kit/Button";
import { count, fromJson } from "../../kit/format";
import { Menu, MenuChoice, MenuLabel } from "../../kit/Menu";
import { EmptyState, ErrorState, Skeleton } from "../../kit/states";
import { TypedField } from "../../kit/TypedField";
import { useFocusStore } from "./focus";
import { GroupPicker } from "./GroupPicker";
import { GroupRow } from "./GroupRow";
import { groupingLabel, type RunGroup } from "./groups";
import { ListFooter } from "./ListFooter";
import { isKept, type ListRow, listRows } from "./list-rows";
import styles from "./RunList.module.css";
import { RunRow } from "./RunRow";
import { useHeldBack } from "./useHeldBack";
import type { ChangeView } from "./useView";
import { useWindow } from "./useWindow";
import type { WorkspaceRuns } from "./useWorkspaceRuns";
import { toggled, type View } from "./view";

const ROW = 32;
const AHEAD = 0.4; // screens of rows above and below those in sight

interface RunListProps {
  runs: WorkspaceRuns;
  groups: readonly RunGroup[] | null; // null: they are not grouped
  shown: ReadonlySet<string>;
  view: View;
  onChange: ChangeView;
  value: string | null; // the key whose value each row shows
  values: readonly string[];
  onValue: (key: string) => void;
  filterRef?: Ref<HTMLInputElement>;
  onFold?: () => void;
}

export function RunList(props: RunListProps) {
  const { runs, shown, view, onChange, value, values, onValue, filterRef, onFold } = props;
  return (
    <aside className={styles.list} aria-label="Runs">
      <header className={styles.header}>
        <h2>Runs</h2>
        {runs.found !== null && (
          <span className={styles.total}>
            {view.q
              ? `${count(runs.found)} of ${count(runs.total ?? runs.found)}`
              : count(runs.found)}
          </span>
        )}
        {onFold && (
          <IconButton
            label="Fold the list of runs"
            hint="⌘J"
            size="small"
            className={styles.fold}
            onClick={onFold}
          >
            <PanelLeftClose size={16} aria-hidden />
          </IconButton>
        )}
      </header>
      <TypedField
        ref={filterRef}
        className={styles.filter}
        label="Filter runs"
        placeholder="Filter by name, tag, config…"
        icon={<Search size={15} aria-hidden />}
        value={view.q}
        wrong={runs.wrong}
        onType={(q) => {
          onChange((before) => ({ ...before, q }), { replace: true });
        }}
        after={
          <IconButton
            label="Regular expression"
            size="small"
            pressed={view.regex}
            className={styles.regex}
            onClick={() => onChange((before) => ({ ...before, regex: !before.regex }))}
          >
            .*
          </IconButton>
        }
      />
      <div className={styles.chips}>
        <GroupPicker
          view={view}
          runs={runs.items}
          onChange={onChange}
          trigger={
            <button type="button" className={styles.chip} data-on={view.group.length || undefined}>
              <Group size={13} aria-hidden />
              <span>{groupingLabel(view.group)}</span>
            </button>
          }
        />
      </div>
      <div className={styles.columns}>
        <span>{nameOfRows(props)}</span>
        {values.length > 0 && (
          <Menu
            align="end"
            trigger={
              <button
                type="button"
                className={styles.value}
                aria-label={`Value shown for each run: ${value ?? "no value"}`}
              >
                <span>{value ?? "no value"}</span>
                <ChevronDown size={12} aria-hidden />
              </button>
            }
          >
            <MenuLabel>Value shown for each run</MenuLabel>
            <MenuChoice value={value ?? ""} options={choices(values, value)} onChange={onValue} />
          </Menu>
        )}
      </div>
      <Rows {...props} />
      <ListFooter pending={runs.pending} shown={shown} view={view} onChange={onChange} />
    </aside>
  );
}

function nameOfRows({ groups, view }: RunListProps): string {
  if (groups) return `${count(groups.length)} ${groups.length === 1 ? "group" : "groups"}`;
  return view.pins.length || view.base ? "Pinned first" : "Name";
}

const MOST_CHOICES = 300; // a menu of thousands is no menu

function choices(values: readonly string[], chosen: string | null) {
  const first = values.slice(0, MOST_CHOICES);
  const all = chosen && !first.includes(chosen) ? [chosen, ...first] : first;
  return all.map((key) => ({ value: key, label: key }));
}

function Rows({ runs, groups, shown, onChange, value, view }: RunListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const { items, waiting, letIn } = useHeldBack(runs.items, scroller);
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const list = useMemo(() => listRows(items, view, groups, opened), [items, view, groups, opened]);
  const kept = groups ? 0 : runs.items.filter((run) => isKept(view, run.id)).length;
  const against = runs.items.find((run) => run.id === view.base) ?? null;
  const measure = against && value !== null ? fromJson(valueAt(against.summary, value)) : null;
  const held = useFocusStore((state) => state.held);
  const place = list.findIndex(({ id }) => id === held);
  useEffect(() => {
    if (place >= 0 && scroller.current) reveal(scroller.current, place);
  }, [place]);

  const toggle = useCallback(
    (ids: string | readonly string[], isShown: boolean) =>
      onChange((before) => toggled(before, ids, isShown)),
    [onChange],
  );
  const open = useCallback(
    (id: string) =>
      setOpened((before) => {
        const next = new Set(before);
        if (!next.delete(id)) next.add(id);
        return next;
      }),
    [],
  );
  if (runs.error) {
    return (
      <div className={styles.rows}>
        <ErrorState error={runs.error} retry={runs.retry} />
      </div>
    );
  }
  if (runs.pending) {
    return (
      <div className={styles.bones}>
        <Skeleton height={24} lines={10} />
      </div>
    );
  }
  if (runs.items.length === 0 && view.q) {
    return (
      <div className={styles.rows}>
        <EmptyState
          icon={<SearchX size={20} aria-hidden />}
          title="No run matches"
          action={
            <Button onClick={() => onChange((before) => ({ ...before, q: "" }))}>
              Clear filter
            </Button>
          }
        />
      </div>
    );
  }
  return (
    <div className={styles.frame}>
      {waiting > 0 && (
        <button type="button" className={styles.news} onClick={letIn}>
          {waiting === 1 ? "1 new run" : `${count(waiting)} new runs`}
        </button>
      )}
      <div ref={scroller} className={styles.rows} data-testid="run-list">
        <Near list={list} onEnd={runs.more}>
          {(row, at) =>
            row.kind === "group" ? (
              <GroupRow
                key={row.id}
                group={row.group}
                top={at * ROW}
                open={opened.has(row.id)}
                shown={row.group.runs.some((run) => shown.has(run.id))}
                value={value}
                onOpen={open}
                onToggle={toggle}
              />
            ) : (
              <RunRow
                key={row.id}
                run={row.run}
                top={at * ROW}
                shown={shown.has(row.id)}
                value={value}
                onToggle={toggle}
                pinned={view.pins.includes(row.id)}
                baseline={row.id === view.base}
                last={kept > 0 && at === kept - 1}
                member={row.member}
                measure={measure}
                onChange={onChange}
              />
            )
          }
        </Near>
      </div>
    </div>
  );
}

/** Scrolls no further than it must for a row to be in sight. */
function reveal(scroller: HTMLElement, row: number): void {
  const top = row * ROW;
  const { scrollTop, clientHeight } = scroller;
  if (top < scrollTop) scroller.scrollTop = top;
  else if (top + ROW > scrollTop + clientHeight) scroller.scrollTop = top + ROW - clientHeight;
}

interface NearProps {
  list: readonly ListRow[];
  onEnd: () => void; // the last ones are soon in sight
  children: (row: ListRow, at: number) => ReactNode;
}

/** Of all rows only those near the window are there. */
function Near({ list, onEnd, children }: NearProps) {
  const all = useRef<HTMLUListElement>(null);
  const { first, last } = useWindow(all, list.length, ROW, AHEAD);
  useEffect(() => {
    if (last > list.length - 20) onEnd();
  }, [last, list.length, onEnd]);
  return (
    <ul ref={all} style={{ height: list.length * ROW }}>
      {list.slice(first, last).map((row, i) => children(row, first + i))}
    </ul>
  );
}
