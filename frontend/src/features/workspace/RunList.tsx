/** The runs of a project beside their charts: which are shown, in which colour, and how they stand. */
import { Link } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { ChevronDown, Eye, EyeOff, Search, SearchX } from "lucide-react";
import { memo, type Ref, useEffect, useMemo, useRef } from "react";
import { valueAt } from "../../api/json-map";
import type { Run } from "../../api/types";
import { Button, IconButton } from "../../kit/Button";
import { classes } from "../../kit/classes";
import { Field } from "../../kit/Field";
import { count, exact, fromJson, steady } from "../../kit/format";
import { Menu, MenuChoice, MenuItem, MenuLabel, MenuLine } from "../../kit/Menu";
import { StateDot, Swatch } from "../../kit/marks";
import { EmptyState, ErrorState, Skeleton } from "../../kit/states";
import { paths } from "../../paths";
import { focus, useFocusStore } from "./focus";
import styles from "./RunList.module.css";
import type { ChangeView } from "./useView";
import type { WorkspaceRuns } from "./useWorkspaceRuns";
import { toggled, type View } from "./view";

const ROW = 32;

interface RunListProps {
  runs: WorkspaceRuns;
  shown: ReadonlySet<string>;
  view: View;
  onChange: ChangeView;
  value: string | null; // the key whose value each row shows
  values: readonly string[];
  onValue: (key: string) => void;
  filterRef?: Ref<HTMLInputElement>;
}

export function RunList(props: RunListProps) {
  const { runs, shown, view, onChange, value, values, onValue, filterRef } = props;
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
      </header>
      <Field
        ref={filterRef}
        className={styles.filter}
        label="Filter runs"
        placeholder="Filter by name, tag, config…"
        icon={<Search size={15} aria-hidden />}
        value={view.q}
        wrong={runs.wrong}
        onChange={(event) => {
          const q = event.target.value;
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
      <div className={styles.columns}>
        <span>Name</span>
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
            <MenuChoice
              value={value ?? ""}
              options={values.map((key) => ({ value: key, label: key }))}
              onChange={onValue}
            />
          </Menu>
        )}
      </div>
      <Rows {...props} />
      <Footer shown={shown.size} view={view} onChange={onChange} />
    </aside>
  );
}

function Rows({ runs, shown, onChange, value, view }: RunListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const held = useFocusStore((state) => state.held);
  const rows = useVirtualizer({
    count: runs.items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 12,
    getItemKey: (index) => runs.items[index]?.id ?? index,
  });
  const visible = rows.getVirtualItems();
  const end = visible.at(-1)?.index ?? 0;
  const { more } = runs;
  useEffect(() => {
    if (end >= runs.items.length - 20) more();
  }, [end, runs.items.length, more]);

  const place = runs.items.findIndex((run) => run.id === held);
  useEffect(() => {
    if (place >= 0) rows.scrollToIndex(place, { align: "auto" });
  }, [place, rows]);

  const toggle = useMemo(
    () => (id: string, isShown: boolean) => onChange((before) => toggled(before, id, isShown)),
    [onChange],
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
    <div ref={scroller} className={styles.rows} data-testid="run-list">
      <ul style={{ height: rows.getTotalSize() }}>
        {visible.map((item) => {
          const run = runs.items[item.index];
          if (!run) return null;
          return (
            <Row
              key={run.id}
              run={run}
              top={item.start}
              shown={shown.has(run.id)}
              value={value}
              onToggle={toggle}
            />
          );
        })}
      </ul>
    </div>
  );
}

interface RowProps {
  run: Run;
  top: number;
  shown: boolean;
  value: string | null;
  onToggle: (id: string, shown: boolean) => void;
}

const Row = memo(function Row({ run, top, shown, value, onToggle }: RowProps) {
  const focused = useFocusStore((state) => (state.hovered ?? state.held) === run.id);
  const figure = value === null ? null : fromJson(valueAt(run.summary, value));
  return (
    <li
      className={classes(styles.row, !shown && styles.off)}
      style={{ transform: `translateY(${top}px)` }}
      data-testid="run-row"
      data-run={run.id}
      data-focused={focused || undefined}
      onPointerEnter={() => focus.hover(shown ? run.id : null)}
      onPointerLeave={() => focus.hover(null)}
    >
      <button
        type="button"
        className={styles.eye}
        aria-pressed={shown}
        aria-label={`Show ${run.name}`}
        onClick={() => onToggle(run.id, shown)}
      >
        {shown ? <Eye size={15} aria-hidden /> : <EyeOff size={15} aria-hidden />}
      </button>
      <Swatch color={run.color} hollow={!shown} />
      <Link
        {...paths.run({ owner: run.owner, project: run.project, run: run.id })}
        title={run.name}
      >
        {run.name}
      </Link>
      {run.state !== "finished" && <StateDot state={run.state} />}
      {figure !== null && (
        <span className={styles.figure} title={`${value} ${exact(figure)}`}>
          {steady(figure)}
        </span>
      )}
    </li>
  );
});

interface FooterProps {
  shown: number;
  view: View;
  onChange: ChangeView;
}

const LATEST = [10, 20, 50, 100, 500];

function Footer({ shown, view, onChange }: FooterProps) {
  const none = new Set<string>();
  const latest = (n: number) =>
    onChange((before) => ({ ...before, latest: n, sel: null, hide: none, show: none }));
  return (
    <footer className={styles.footer}>
      <Menu
        trigger={
          <button type="button" className={styles.shown}>
            <Eye size={15} aria-hidden />
            <span data-testid="shown">
              <b>{count(shown)}</b> shown
            </span>
            <span>· newest first</span>
            <ChevronDown size={12} aria-hidden />
          </button>
        }
      >
        <MenuLabel>Show the newest</MenuLabel>
        <MenuChoice
          value={view.sel ? "" : String(view.latest)}
          options={LATEST.map((n) => ({ value: String(n), label: `${n} runs` }))}
          onChange={(n) => latest(Number(n))}
        />
        <MenuLine />
        <MenuItem
          onSelect={() => onChange((before) => ({ ...before, sel: none, hide: none, show: none }))}
        >
          Hide all
        </MenuItem>
        <MenuItem onSelect={() => latest(view.latest)}>Undo hiding</MenuItem>
      </Menu>
    </footer>
  );
}
