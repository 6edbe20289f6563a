/** All runs of a project as a table: sorted and filtered by the server, loaded while scrolling. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Columns3, Search, SearchX, Table2 } from "lucide-react";
import { useCallback, useEffect, useMemo, useState } from "react";
import { NEWEST, runsQuery } from "../../api/queries";
import type { Run } from "../../api/types";
import { Button } from "../../kit/Button";
import { Field } from "../../kit/Field";
import { count } from "../../kit/format";
import { Popover } from "../../kit/Menu";
import { EmptyState, ErrorState, Skeleton } from "../../kit/states";
import { type Sort, Table } from "../../kit/Table";
import { useNow } from "../../kit/useNow";
import { ColumnPicker } from "./ColumnPicker";
import { known, type RunColumn, usual } from "./columns";
import styles from "./RunsTable.module.css";
import { readStates, StateFilter } from "./StateFilter";

const SETTLE_MS = 200;

/** `-created_at` as the table says it, and back. */
export const readSort = (text: string): Sort => ({
  column: text.replace(/^-/, ""),
  descending: text.startsWith("-"),
});
export const writeSort = ({ column, descending }: Sort) => `${descending ? "-" : ""}${column}`;

function useTableState() {
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const set = useCallback(
    (change: Record<string, string | undefined>, replace = false) =>
      navigate({ to: ".", search: (before) => ({ ...before, ...change }), replace }),
    [navigate],
  );
  const states = useMemo(() => readStates(search.state), [search.state]);
  return { q: search.q ?? "", sort: search.sort ?? NEWEST, cols: search.cols, states, set };
}

export function RunsTable() {
  const { owner = "", project = "" } = useParams({ strict: false });
  const { q, sort, cols, states, set } = useTableState();
  const query = useInfiniteQuery(runsQuery({ owner, project, q, sort, states }));
  const { data, error, isPending, hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const runs = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data]);
  const columns = useColumns(runs, cols);
  const total = data?.pages[0]?.total ?? 0;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);

  return (
    <div className={styles.page}>
      <header className={styles.bar}>
        <h1>Runs</h1>
        {data && (
          <span className={styles.total} data-testid="total">
            {count(total)}
          </span>
        )}
        <Filter
          key={owner + project}
          value={q}
          onChange={(next) => set({ q: next || undefined }, true)}
        />
        <StateFilter
          chosen={states}
          onChange={(next) => set({ state: next.join(",") || undefined })}
        />
        <Popover
          align="end"
          label="Columns"
          trigger={<Button icon={<Columns3 size={15} aria-hidden />}>Columns</Button>}
        >
          <ColumnPicker
            all={columns.all}
            chosen={columns.chosen}
            onChange={(ids) => set({ cols: ids?.join(",") })}
          />
        </Popover>
      </header>
      {error && !data && <ErrorState error={error} retry={query.refetch} />}
      {isPending && (
        <div className={styles.bones}>
          <Skeleton height={24} lines={12} />
        </div>
      )}
      {data && runs.length === 0 && (
        <Nothing
          filtered={q !== "" || states.length > 0}
          onClear={() => set({ q: undefined, state: undefined })}
        />
      )}
      {runs.length > 0 && (
        <Table
          label="Runs"
          columns={columns.shown}
          rows={runs}
          rowKey={(run) => run.id}
          total={total}
          sort={readSort(sort)}
          onSort={(next) => set({ sort: writeSort(next) === NEWEST ? undefined : writeSort(next) })}
          onEnd={more}
        />
      )}
    </div>
  );
}

interface Columns {
  all: RunColumn[];
  chosen: string[];
  shown: RunColumn[];
}

function useColumns(runs: readonly Run[], cols: string | undefined): Columns {
  const now = useNow(30_000);
  return useMemo(() => {
    const all = known(runs, now);
    const chosen = cols === undefined ? usual(runs, all) : cols.split(",").filter(Boolean);
    const shown = ["name", ...chosen].flatMap((id) => all.get(id) ?? []);
    return { all: [...all.values()].filter((column) => column.id !== "name"), chosen, shown };
  }, [runs, cols, now]);
}

function Filter({ value, onChange }: { value: string; onChange: (q: string) => void }) {
  const [text, setText] = useState(value);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  return (
    <Field
      className={styles.filter}
      label="Filter runs"
      placeholder="Filter by name, tag, config…"
      icon={<Search size={15} aria-hidden />}
      value={text}
      onChange={(event) => setText(event.target.value)}
    />
  );
}

interface NothingProps {
  filtered: boolean;
  onClear: () => void;
}

function Nothing({ filtered, onClear }: NothingProps) {
  if (!filtered) {
    return (
      <EmptyState icon={<Table2 size={20} aria-hidden />} title="No runs yet">
        They appear here as soon as a script calls <code>init()</code> for this project.
      </EmptyState>
    );
  }
  return (
    <EmptyState
      icon={<SearchX size={20} aria-hidden />}
      title="No run matches"
      action={<Button onClick={onClear}>Clear filter</Button>}
    />
  );
}
