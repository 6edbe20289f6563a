/** Runs put together by what they have in common, with the mean and spread of every column. */
import { useInfiniteQuery, useQueries } from "@tanstack/react-query";
import { ChevronDown, ChevronRight, ListFilter } from "lucide-react";
import { useCallback, useMemo, useState } from "react";
import {
  type Aggregate,
  type Asked,
  groupRunsQuery,
  groupsQuery,
  type RunGroup,
} from "../../api/runs-table";
import type { Run } from "../../api/types";
import { count, number, plain, plural } from "../../kit/format";
import { ErrorState, Skeleton } from "../../kit/states";
import { type Sort, Table, type TableColumn } from "../../kit/Table";
import type { RunColumn } from "./columns";
import styles from "./RunsTable.module.css";

interface GroupTableProps {
  place: { owner: string; project: string };
  asked: Asked;
  by: string[];
  columns: readonly RunColumn[];
  onFilter: (text: string) => void;
}

type Row = { key: string } & ({ group: RunGroup } | { run: Run });

const FIGURES_AT_MOST = 32;
const FIGURES_WIDE = 184; // a mean with its spread

/** A mean with its spread; how many runs it is of stands in the title. */
function Figures({ of }: { of: Aggregate | undefined }) {
  if (!of || of.count === 0 || of.mean === null) return <span className={styles.spread}>–</span>;
  const range = `${plural(of.count, "run")}, ${number(of.min)} to ${number(of.max)}`;
  return (
    <span title={range}>
      {number(of.mean)}
      {of.std !== null && <span className={styles.spread}> ± {number(of.std)}</span>}
    </span>
  );
}

const nameOf = ({ values }: RunGroup, by: readonly string[]) =>
  values.map((value, at) => `${by[at]?.replace(/^config\./, "")} = ${plain(value)}`).join(", ");

export function GroupTable({ place, asked, by, columns, onFilter }: GroupTableProps) {
  const [sort, setSort] = useState<Sort | null>(null);
  const [opened, setOpened] = useState<ReadonlySet<string>>(new Set());
  const numeric = columns
    .filter(({ id, band }) => band !== undefined && !by.includes(id))
    .map(({ id }) => id)
    .slice(0, FIGURES_AT_MOST);
  const sortable = sort && numeric.includes(sort.column);
  const order = sortable ? `${sort.descending ? "-" : ""}mean:${sort.column}` : "-count";
  const query = useInfiniteQuery(groupsQuery(place, { ...asked, by, columns: numeric, order }));
  const { data, hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const groups = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data]);
  const total = data?.pages[0]?.total ?? 0;
  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  const open = groups.filter(({ filter }) => opened.has(filter));
  const members = useQueries({
    queries: open.map(({ filter }) => groupRunsQuery(place, { ...asked, filter })),
  });
  const rows = groups.flatMap((group): Row[] => {
    const runs = members[open.indexOf(group)]?.data?.items ?? [];
    return [
      { key: group.filter, group },
      ...runs.map((run) => ({ key: `${group.filter}\n${run.id}`, run })),
    ];
  });
  const shown = useMemo(
    () => columns.map((column) => both(column, by, opened, setOpened, onFilter, numeric)),
    [columns, by, opened, onFilter, numeric],
  );
  if (query.error && !query.data) {
    return <ErrorState error={query.error} retry={() => void query.refetch()} />;
  }
  if (!query.data) return <Skeleton height={24} lines={12} />;
  return (
    <>
      <p className={styles.note} data-testid="groups">
        {plural(total, "group")}
      </p>
      <Table
        label="Groups of runs"
        columns={shown}
        rows={rows}
        rowKey={({ key }) => key}
        total={rows.length}
        sort={sort}
        onSort={setSort}
        onEnd={more}
      />
    </>
  );
}

/** A column of runs as one of groups and the runs in them. */
function both(
  column: RunColumn,
  by: readonly string[],
  opened: ReadonlySet<string>,
  setOpened: (opened: ReadonlySet<string>) => void,
  onFilter: (text: string) => void,
  numeric: readonly string[],
): TableColumn<Row> {
  const { tint: _, tools: __, onResize: ___, chart: ____, ...rest } = column;
  const flip = (key: string) => {
    const next = new Set(opened);
    if (!next.delete(key)) next.add(key);
    setOpened(next);
  };
  return {
    ...rest,
    width:
      column.id === "name"
        ? 340
        : Math.max(column.width, numeric.includes(column.id) ? FIGURES_WIDE : 120),
    sortable: numeric.includes(column.id),
    cell: (row) => {
      if ("run" in row) {
        return column.id === "name" ? (
          <span className={styles.member}>{column.cell(row.run)}</span>
        ) : (
          column.cell(row.run)
        );
      }
      const { group } = row;
      if (column.id === "state") return plural(group.runs, "run");
      if (column.id !== "name") return <Figures of={group.columns[column.id]} />;
      const isOpen = opened.has(group.filter);
      const name = nameOf(group, by);
      return (
        <>
          <button
            type="button"
            className={styles.opener}
            aria-expanded={isOpen}
            onClick={() => flip(group.filter)}
          >
            {isOpen ? (
              <ChevronDown size={15} aria-hidden />
            ) : (
              <ChevronRight size={15} aria-hidden />
            )}
            <span title={name}>{name}</span>
            <span className={styles.spread}>{count(group.runs)}</span>
          </button>
          <button
            type="button"
            className={styles.more}
            aria-label={`Only runs with ${name}`}
            onClick={() => onFilter(group.filter)}
          >
            <ListFilter size={14} aria-hidden />
          </button>
        </>
      );
    },
  };
}
