/** The columns that a table of runs may have, and those that it has when nobody chose. */
import { FIGURES } from "../../api/filter-language";
import { valueAt } from "../../api/json-map";
import type { Row, RunFields } from "../../api/runs-table";
import type { Json, JsonMap, Run } from "../../api/types";
import { Badge } from "../../kit/Chip";
import { ago, at, duration, exact, fromJson, number, plain } from "../../kit/format";
import { StateDot, Swatch } from "../../kit/marks";
import type { TableColumn } from "../../kit/Table";
import { RunLink } from "./RunLink";
import styles from "./RunsTable.module.css";

export interface RunColumn extends TableColumn<Row> {
  value?: (run: Row) => Json | undefined; // what a filter or a copy of the cell says
}

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

function fixed(nowMs: number, colorOf?: (run: Row) => string): RunColumn[] {
  return [
    {
      id: "name",
      label: "Name",
      width: 260,
      value: (run) => run.name,
      cell: (run) => (
        <>
          {colorOf ? (
            <span aria-hidden className={styles.mark} style={{ background: colorOf(run) }} />
          ) : (
            <Swatch color={run.color} />
          )}
          <RunLink run={run} />
        </>
      ),
    },
    {
      id: "state",
      label: "State",
      width: 110,
      value: (run) => run.state,
      cell: (run) => <StateDot state={run.state} words />,
    },
    {
      id: "created_at",
      label: "Created",
      width: 120,
      value: (run) => new Date(run.created_at / 1000).toISOString(),
      cell: (run) => <span title={at(run.created_at)}>{ago(run.created_at, nowMs)}</span>,
    },
    {
      id: "duration",
      label: "Duration",
      width: 120,
      align: "right",
      value: (run) => Math.round(took(run, nowMs) / 1e6),
      cell: (run) => duration(took(run, nowMs)),
    },
    {
      id: "user",
      label: "User",
      width: 110,
      value: (run) => run.user ?? undefined,
      cell: (run) => run.user ?? "–",
    },
    {
      id: "tags",
      label: "Tags",
      width: 180,
      sortable: false,
      value: (run) => run.tags.join(", "),
      cell: (run) => run.tags.map((tag) => <Badge key={tag}>{tag}</Badge>),
    },
    {
      id: "group",
      label: "Group",
      width: 120,
      sortable: false,
      value: (run) => run.group ?? undefined,
      cell: (run) => run.group ?? "–",
    },
    {
      id: "notes",
      label: "Notes",
      width: 220,
      sortable: false,
      value: (run) => run.notes ?? undefined,
      cell: (run) => <span title={run.notes ?? undefined}>{run.notes ?? "–"}</span>,
    },
  ];
}

const CALLED: Record<string, string> = { min: "min", max: "max", mean: "mean" };

/** The key of a column of what was logged, and which figure of it is shown. */
export function figureOf(id: string): { key: string; figure: string } | null {
  const dot = id.indexOf(".");
  const head = id.slice(0, Math.max(0, dot));
  if (FIGURES.includes(head)) return { key: id.slice(dot + 1), figure: head };
  return head === "summary" ? { key: id.slice(dot + 1), figure: "last" } : null;
}

/** A column of the least, greatest or mean of what was logged. */
function ofFigure(id: string): RunColumn {
  const { key, figure } = figureOf(id) ?? { key: id, figure: "" };
  return {
    id,
    label: key,
    group: `${CALLED[figure] ?? figure} `,
    band: bandOf(key),
    width: Math.round(Math.min(260, Math.max(124, 92 + key.length * 6.5))),
    align: "right",
    value: (run) => run.figures?.[id] ?? undefined,
    cell: (run) => <Value value={run.figures?.[id] ?? undefined} say={number} />,
  };
}

const bandOf = (key: string) => (key.startsWith("system/") ? "System" : "Summary");

/** A column of a key, whether or not any run is known to have it. */
export function columnOf(id: string): RunColumn | null {
  if (id.startsWith(CONFIG) || id.startsWith(SUMMARY)) return ofMap(id);
  return figureOf(id) ? ofFigure(id) : null;
}

function ofMap(id: string): RunColumn {
  const group = id.startsWith(CONFIG) ? CONFIG : SUMMARY;
  const key = id.slice(group.length);
  const held = group === CONFIG ? "config" : "summary";
  return {
    id,
    label: key,
    band: group === CONFIG ? "Config" : bandOf(key),
    width: Math.round(Math.min(240, Math.max(104, 64 + key.length * 6.5))),
    align: "right",
    value: (run) => leaf(run[held], key),
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

/** The keys of some runs, those of config and those of summary. */
export interface Leaves {
  config: readonly string[];
  summary: readonly string[];
}

export function leavesOfRuns(runs: readonly Run[]): Leaves {
  const some = runs.slice(0, LOOKED_AT);
  const of = (part: "config" | "summary") => [
    ...new Set(some.flatMap((run) => leavesOf(run[part]))),
  ];
  return { config: of("config"), summary: of("summary") };
}

/** Every column that these keys, or those that the server knows of besides, make, by id. */
export function known(
  keys: Leaves,
  nowMs: number,
  fields: RunFields | undefined,
  colorOf?: (run: Row) => string,
): Map<string, RunColumn> {
  const columns = new Map(fixed(nowMs, colorOf).map((column) => [column.id, column]));
  const config = new Set(keys.config);
  const summary = new Set(keys.summary);
  for (const { key } of fields?.config ?? []) config.add(key);
  for (const { key } of fields?.summary ?? []) summary.add(key);
  for (const key of [...config].sort(byName)) columns.set(CONFIG + key, ofMap(CONFIG + key));
  for (const key of [...summary].sort(byName)) columns.set(SUMMARY + key, ofMap(SUMMARY + key));
  return columns;
}

const isShort = (value: Json | undefined): boolean =>
  value !== undefined && value !== null && typeof value !== "object";

/** What most want to see: settings that differ, and the first results. */
export function usual(runs: readonly Run[], columns: ReadonlyMap<string, RunColumn>): string[] {
  const ids = [...columns.keys()];
  const some = runs.slice(0, LOOKED_AT);
  const spread = (id: string) =>
    new Set(some.map((run) => JSON.stringify(leaf(run.config, id.slice(CONFIG.length))))).size;
  const config = ids.filter((id) => id.startsWith(CONFIG));
  const differing = config.filter((id) => spread(id) > 1);
  const media = ids.filter((id) => id.endsWith("._type")).map((id) => id.slice(0, -"_type".length));
  const isSaid = (id: string) =>
    some.some((run) => isShort(leaf(run.summary, id.slice(SUMMARY.length))));
  const results = ids.filter(
    (id) =>
      id.startsWith(SUMMARY) &&
      !id.startsWith(`${SUMMARY}system/`) &&
      !media.some((medium) => id.startsWith(medium)) && // its parts are no results
      isSaid(id),
  );
  return [
    "state",
    "created_at",
    "duration",
    ...(differing.length ? differing : config).slice(0, USUAL_EACH),
    ...results.slice(0, USUAL_EACH),
  ];
}
