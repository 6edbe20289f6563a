/** Config, results and environment side by side: keys down, runs across, only what differs at first. */
import { Regex, SearchX } from "lucide-react";
import { useCallback, useDeferredValue, useMemo } from "react";
import type { Json, Run } from "../../api/types";
import { Button } from "../../kit/Button";
import { Chip } from "../../kit/Chip";
import { classes } from "../../kit/classes";
import { Field } from "../../kit/Field";
import { count, fromJson, plain, plural } from "../../kit/format";
import { Swatch } from "../../kit/marks";
import { finder } from "../../kit/sections";
import { EmptyState } from "../../kit/states";
import { Table, type TableColumn } from "../../kit/Table";
import styles from "./Compare.module.css";
import { type DiffRow, diffRows, filtered, PARTS, type Part } from "./diff";
import { ExportMenu } from "./ExportMenu";
import type { Matrix } from "./matrix";
import { refOf } from "./refs";
import type { Compares } from "./useCompareState";

interface DiffProps {
  compares: Compares;
  runs: readonly Run[];
  base: string;
  across: boolean;
}

const nothing = () => {};

/** All of them, unless somebody chose. */
const partsOf = (text: string | undefined): ReadonlySet<Part> =>
  new Set(text ? PARTS.filter((part) => text.split(",").includes(part)) : PARTS);

export function Diff({ compares, runs, base, across }: DiffProps) {
  const { state, set } = compares;
  const parts = useMemo(() => partsOf(state.parts), [state.parts]);
  const differing = state.rows !== "all";
  const text = state.find ?? "";
  const write = (find: string) => set({ find }, true);
  const asked = useDeferredValue(text);
  const baseAt = Math.max(
    0,
    runs.findIndex((run) => refOf(run) === base),
  );
  const all = useMemo(() => diffRows(runs, baseAt, parts), [runs, baseAt, parts]);
  const rows = useMemo(
    () => filtered(all, { differing, matches: finder(asked) }),
    [all, differing, asked],
  );
  const looks = runs.map((run) => `${refOf(run)} ${run.name} ${run.color}`).join("\n");
  // biome-ignore lint/correctness/useExhaustiveDependencies: of the runs, only how they look counts
  const columns = useMemo(() => columnsOf(runs, baseAt, across), [looks, baseAt, across]);
  const make = useCallback(() => matrixOf(rows, runs), [rows, runs]);
  const flip = (part: Part) =>
    set({ parts: PARTS.filter((one) => parts.has(one) !== (one === part)).join(",") || "none" });
  return (
    <>
      <div className={styles.tools}>
        <Field
          className={styles.find}
          label="Find rows"
          placeholder="Find keys and values, regex"
          icon={<Regex size={15} aria-hidden />}
          value={text}
          onChange={(event) => write(event.target.value)}
        />
        <fieldset className={styles.group} aria-label="Parts">
          {PARTS.map((part) => (
            <Chip key={part} pressed={parts.has(part)} onClick={() => flip(part)}>
              {part}
            </Chip>
          ))}
        </fieldset>
        <Chip pressed={differing} onClick={() => set({ rows: differing ? "all" : undefined })}>
          Only differing
        </Chip>
        <span className={styles.dim} role="status" data-testid="diff-rows">
          {count(rows.length)} of {plural(all.length, "row")}
        </span>
        <span className={styles.space} />
        <ExportMenu name="differences" make={make} />
      </div>
      {rows.length > 0 ? (
        <Table
          label="Differences"
          columns={columns}
          rows={rows}
          rowKey={(row) => row.id}
          total={rows.length}
          sort={null}
          onSort={nothing}
          onEnd={nothing}
        />
      ) : (
        <Nothing
          searched={asked !== ""}
          alike={all.length > 0}
          onClear={() => write("")}
          onAll={() => set({ rows: "all" })}
        />
      )}
    </>
  );
}

interface NothingProps {
  searched: boolean;
  alike: boolean; // there are rows, only none that differ
  onClear: () => void;
  onAll: () => void;
}

function Nothing({ searched, alike, onClear, onAll }: NothingProps) {
  if (searched) {
    return (
      <EmptyState
        icon={<SearchX size={20} aria-hidden />}
        title="No row matches"
        action={<Button onClick={onClear}>Clear search</Button>}
      />
    );
  }
  return (
    <EmptyState
      title={alike ? "These runs do not differ here" : "Nothing is recorded here"}
      {...(alike ? { action: <Button onClick={onAll}>Show what is the same</Button> } : {})}
    />
  );
}

function columnsOf(runs: readonly Run[], baseAt: number, across: boolean): TableColumn<DiffRow>[] {
  const key: TableColumn<DiffRow> = {
    id: "key",
    label: "Key",
    width: innerWidth < 640 ? 150 : 280,
    sortable: false,
    cell: ({ part, key }) => (
      <span className={styles.key} title={`${part}.${key}`}>
        <span className={styles.dim}>{part}.</span>
        {key}
      </span>
    ),
  };
  const each = runs.map(
    (run, at): TableColumn<DiffRow> => ({
      id: refOf(run),
      label: run.name,
      ...(at === baseAt ? { group: "baseline " } : across ? { group: `${run.project}/` } : {}),
      width: 176,
      sortable: false,
      tools: (
        <span className={styles.headMark}>
          <Swatch color={run.color} />
        </span>
      ),
      cell: ({ values, same }) => (
        <Value value={values[at]} differs={!same[at]} base={at === baseAt} />
      ),
    }),
  );
  return [key, ...each];
}

interface ValueProps {
  value: Json | undefined;
  differs: boolean;
  base: boolean;
}

function Value({ value, differs, base }: ValueProps) {
  const text = value === undefined ? "–" : plain(value);
  const full = typeof value === "number" ? String(value) : text;
  return (
    <span
      className={classes(styles.value, differs && styles.differs, base && styles.base)}
      title={value === undefined ? "missing" : full}
      data-differs={differs || undefined}
    >
      {text.slice(0, 200)}
    </span>
  );
}

function matrixOf(rows: readonly DiffRow[], runs: readonly Run[]): Matrix {
  return {
    head: ["key", ...runs.map((run) => run.name)],
    rows: rows.map(({ id, values }) => [
      { text: id },
      ...values.map((value) => ({
        text: value === undefined ? "" : typeof value === "number" ? String(value) : plain(value),
        figure: value === undefined || (typeof value !== "boolean" && fromJson(value) !== null),
      })),
    ]),
  };
}
