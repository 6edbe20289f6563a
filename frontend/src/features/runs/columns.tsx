/** The columns that a table of runs may have, and those that it has when nobody chose. */
import { Link } from "@tanstack/react-router";
import { valueAt } from "../../api/json-map";
import type { Json, JsonMap, Run } from "../../api/types";
import { Badge } from "../../kit/Chip";
import { ago, at, duration, exact, fromJson, number, plain } from "../../kit/format";
import { StateDot, Swatch } from "../../kit/marks";
import type { TableColumn } from "../../kit/Table";
import { paths } from "../../paths";
import styles from "./RunsTable.module.css";

export type RunColumn = TableColumn<Run>;

const { compare: byName } = new Intl.Collator("en", { numeric: true });
const CONFIG = "config.";
const SUMMARY = "summary.";
const USUAL_EACH = 6;
const LOOKED_AT = 200; // of the loaded runs, to see what differs

/** Microseconds that a run took, or has taken so far. */
export function took(run: Run, nowMs: number): number {
  return (
    (run.finished_at ?? (run.state === "running" ? nowMs * 1000 : run.heartbeat_at)) -
    run.started_at
  );
}

function fixed(nowMs: number): RunColumn[] {
  return [
    {
      id: "name",
      label: "Name",
      width: 240,
      cell: (run) => (
        <>
          <Swatch color={run.color} />
          <Link
            {...paths.run({ owner: run.owner, project: run.project, run: run.id })}
            className={styles.name}
            title={run.name}
          >
            {run.name}
          </Link>
        </>
      ),
    },
    {
      id: "state",
      label: "State",
      width: 110,
      cell: (run) => <StateDot state={run.state} words />,
    },
    {
      id: "created_at",
      label: "Created",
      width: 120,
      cell: (run) => <span title={at(run.created_at)}>{ago(run.created_at, nowMs)}</span>,
    },
    {
      id: "duration",
      label: "Duration",
      width: 120,
      align: "right",
      cell: (run) => duration(took(run, nowMs)),
    },
    { id: "user", label: "User", width: 110, cell: (run) => run.user ?? "–" },
    {
      id: "tags",
      label: "Tags",
      width: 180,
      sortable: false,
      cell: (run) => run.tags.map((tag) => <Badge key={tag}>{tag}</Badge>),
    },
    {
      id: "group",
      label: "Group",
      width: 120,
      sortable: false,
      cell: (run) => run.group ?? "–",
    },
    {
      id: "notes",
      label: "Notes",
      width: 220,
      sortable: false,
      cell: (run) => <span title={run.notes ?? undefined}>{run.notes ?? "–"}</span>,
    },
  ];
}

function ofMap(id: string): RunColumn {
  const group = id.startsWith(CONFIG) ? CONFIG : SUMMARY;
  const key = id.slice(group.length);
  const held = group === CONFIG ? "config" : "summary";
  return {
    id,
    label: key,
    group,
    width: Math.min(240, Math.max(100, 36 + id.length * 6.5)),
    align: "right",
    cell: (run) => <Value value={leaf(run[held], key)} say={group === CONFIG ? plain : number} />,
  };
}

interface ValueProps {
  value: Json | undefined;
  say: (figure: number) => string; // a setting as it was written, results with equal digits
}

function Value({ value, say }: ValueProps) {
  if (value === undefined) return <span className={styles.none}>–</span>;
  const figure = typeof value === "boolean" ? null : fromJson(value);
  const full = figure === null ? plain(value) : exact(figure);
  return <span title={full}>{figure === null ? full : say(figure)}</span>;
}

/** The value of a key, which may be nested: `optimizer.lr`. */
export function leaf(map: Json | undefined, key: string): Json | undefined {
  if (typeof map !== "object" || map === null || Array.isArray(map)) return undefined;
  const whole = valueAt(map, key);
  if (whole !== undefined) return whole;
  const dot = key.indexOf(".");
  return dot < 0 ? undefined : leaf(valueAt(map, key.slice(0, dot)), key.slice(dot + 1));
}

/** Names of all leaves of a map, nested ones joined with dots. */
export function leaves(map: Json, prefix = ""): string[] {
  if (typeof map !== "object" || map === null || Array.isArray(map)) return [];
  return Object.entries(map).flatMap(([name, value]) => {
    const below = leaves(value, `${prefix}${name}.`);
    return below.length ? below : [prefix + name];
  });
}

const named = new WeakMap<object, string[]>(); // a table asks the same runs again and again

function leavesOf(map: JsonMap): string[] {
  const known = named.get(map) ?? leaves(map);
  named.set(map, known);
  return known;
}

/** Every column that these runs can fill, by id. */
export function known(runs: readonly Run[], nowMs: number): Map<string, RunColumn> {
  const columns = new Map(fixed(nowMs).map((column) => [column.id, column]));
  const config = new Set(runs.flatMap((run) => leavesOf(run.config)));
  const summary = new Set(runs.flatMap((run) => leavesOf(run.summary)));
  for (const key of [...config].sort(byName)) columns.set(CONFIG + key, ofMap(CONFIG + key));
  for (const key of [...summary].sort(byName)) columns.set(SUMMARY + key, ofMap(SUMMARY + key));
  return columns;
}

/** What most want to see: settings that differ, and the first results. */
export function usual(runs: readonly Run[], columns: ReadonlyMap<string, RunColumn>): string[] {
  const ids = [...columns.keys()];
  const some = runs.slice(0, LOOKED_AT);
  const spread = (id: string) =>
    new Set(some.map((run) => JSON.stringify(leaf(run.config, id.slice(CONFIG.length))))).size;
  const config = ids.filter((id) => id.startsWith(CONFIG));
  const differing = config.filter((id) => spread(id) > 1);
  const results = ids.filter((id) => id.startsWith(SUMMARY) && !id.startsWith(`${SUMMARY}system/`));
  return [
    "state",
    "created_at",
    "duration",
    ...(differing.length ? differing : config).slice(0, USUAL_EACH),
    ...results.slice(0, USUAL_EACH),
  ];
}
