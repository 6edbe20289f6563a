/** A table: any number of rows, sorted by any column, filtered as a whole and column by column. */
import { Download, ListFilter, Search, X } from "lucide-react";
import { useCallback, useDeferredValue, useEffect, useMemo, useState } from "react";
import { digestOf } from "../../../api/file-place";
import type { Json } from "../../../api/types";
import { Button, IconButton } from "../../../kit/Button";
import { download } from "../../../kit/download";
import { Field } from "../../../kit/Field";
import { count, plural } from "../../../kit/format";
import { Popover } from "../../../kit/Menu";
import { EmptyState, ErrorState, Skeleton } from "../../../kit/states";
import { type Sort, Table, type TableColumn } from "../../../kit/Table";
import { useMedia } from "../context";
import { Tools, type ViewerProps } from "../Viewer";
import { nameOf, type TableFile, tableOf } from "../values";
import { Cell, RowNumber } from "./Cell";
import type { Opened } from "./messages";
import { OpenTable } from "./OpenTable";
import type { Column, View } from "./rows";
import styles from "./TableView.module.css";

type TableViewProps = Pick<ViewerProps, "entry" | "tools"> & { value: Json };

export function TableView({ entry, value, tools }: TableViewProps) {
  const file = useMemo(() => tableOf(value), [value]);
  if (!file) return <p className={styles.none}>It names no table.</p>;
  return <Rows file={file} name={entry.key} tools={tools} />;
}

interface Loaded extends Opened {
  table: OpenTable;
  path: string;
}

/** The table of a file; the one before stays on the screen until the next one is there. */
function useTable(file: TableFile): {
  loaded: Loaded | null;
  error: Error | null;
  retry: () => void;
} {
  const { place } = useMedia();
  const [loaded, setLoaded] = useState<Loaded | null>(null);
  const [error, setError] = useState<Error | null>(null);
  const [tries, setTries] = useState(0);
  const named = file.parts.join("\n");
  // biome-ignore lint/correctness/useExhaustiveDependencies: a try more reads it again
  useEffect(() => {
    const table = new OpenTable();
    let wanted = true;
    const parts = named.split("\n").map((path) => ({ path, digest: digestOf(path) }));
    table.open(place, parts).then(
      (opened) => {
        if (!wanted) return;
        setError(null);
        setLoaded({ ...opened, table, path: file.path });
      },
      (wrong) => wanted && setError(wrong),
    );
    return () => {
      wanted = false;
      table.close();
    };
  }, [place, named, file.path, tries]);
  return { loaded, error, retry: () => setTries(tries + 1) };
}

interface RowsProps {
  file: TableFile;
  name: string;
  tools: HTMLElement | null;
}

const WIDTHS: Record<Column["kind"], number> = {
  number: 120,
  boolean: 100,
  string: 190,
  media: 130,
  any: 150,
};
const NUMBER_WIDTH = 64;
const ROW = 30;
const ROW_OF_MEDIA = 66;

function Rows({ file, name, tools }: RowsProps) {
  const { loaded, error, retry } = useTable(file);
  const [text, setText] = useState("");
  const [filters, setFilters] = useState<Record<number, string>>({});
  const [sort, setSort] = useState<Sort | null>(null);
  const [widths, setWidths] = useState<Record<string, number>>({});
  const view = useDeferredValue(
    useMemo<View>(
      () => ({
        text,
        filters: Object.entries(filters).map(([at, asked]) => [Number(at), asked] as const),
        sort: sort ? { column: Number(sort.column), descending: sort.descending } : null,
      }),
      [text, filters, sort],
    ),
  );
  const many = useShown(loaded, view);
  const rows = useMemo(() => Array.from({ length: many ?? 0 }, (_, at) => at), [many]);
  const columns = useMemo(
    () => columnsOf(loaded, { filters, setFilters, widths, setWidths }),
    [loaded, filters, widths],
  );
  const nothing = useCallback(() => {}, []);
  const filtered = text !== "" || Object.values(filters).some(Boolean);
  const clear = () => {
    setText("");
    setFilters({});
  };
  const save = async () => {
    const content = await loaded?.table.csv();
    if (content) download(nameOf(file).replace(/(\.table)?\.json$/, ".csv"), content);
  };
  return (
    <div
      className={styles.view}
      data-testid="table-view"
      data-path={loaded?.path}
      data-rows={many ?? undefined}
    >
      <Tools into={tools}>
        <span className={styles.count} data-testid="table-count">
          {filtered && loaded && many !== null
            ? `${count(many)} of ${count(loaded.rows)}`
            : rowsOf(many ?? file.rows)}
        </span>
        <Field
          label={`Find in ${name}`}
          placeholder="Find"
          className={styles.find}
          icon={<Search size={14} aria-hidden />}
          value={text}
          onChange={(event) => setText(event.target.value)}
          after={
            text && (
              <IconButton label="Clear" size="small" onClick={() => setText("")}>
                <X size={14} aria-hidden />
              </IconButton>
            )
          }
        />
        <IconButton label={`Export ${name} as CSV`} size="small" onClick={save}>
          <Download size={15} aria-hidden />
        </IconButton>
      </Tools>
      {error && !loaded && <ErrorState error={error} retry={retry} />}
      {!error && (!loaded || many === null) && (
        <div className={styles.waiting}>
          <Skeleton height="100%" />
        </div>
      )}
      {loaded && many === 0 && filtered && (
        <EmptyState
          title={`0 of ${count(loaded.rows)} match`}
          action={<Button onClick={clear}>Clear filters</Button>}
        />
      )}
      {loaded && many !== null && (many > 0 || !filtered) && (
        <Table
          label={`Rows of ${name}`}
          columns={columns}
          rows={rows}
          rowKey={String}
          rowHeight={loaded.columns.some(({ kind }) => kind === "media") ? ROW_OF_MEDIA : ROW}
          total={many}
          sort={sort}
          onSort={setSort}
          onEnd={nothing}
        />
      )}
    </div>
  );
}

const rowsOf = (many: number | null): string => (many === null ? "" : plural(many, "row"));

/** How many rows of the view there are; null until that is known. */
function useShown(loaded: Loaded | null, view: View): number | null {
  const [shown, setShown] = useState<{ table: OpenTable; many: number } | null>(null);
  useEffect(() => {
    if (!loaded) return;
    let wanted = true;
    loaded.table.show(view).then(
      (many) => wanted && setShown({ table: loaded.table, many }),
      () => {}, // closed: another one is on its way
    );
    return () => {
      wanted = false;
    };
  }, [loaded, view]);
  return shown && shown.table === loaded?.table ? shown.many : null;
}

/** As wide as its values usually are, and its name with what stands beside it. */
function usualWidth({ name, kind }: Column): number {
  return Math.min(260, Math.max(WIDTHS[kind], 7 * name.length + 60));
}

interface Settings {
  filters: Record<number, string>;
  setFilters: (filters: Record<number, string>) => void;
  widths: Record<string, number>;
  setWidths: (widths: Record<string, number>) => void;
}

function columnsOf(loaded: Loaded | null, said: Settings): TableColumn<number>[] {
  if (!loaded) return [];
  const { table } = loaded;
  const numbers: TableColumn<number> = {
    id: "#",
    label: "#",
    width: NUMBER_WIDTH,
    align: "right",
    sortable: false,
    cell: (at) => <RowNumber table={table} at={at} />,
  };
  return [
    numbers,
    ...loaded.columns.map((column, at): TableColumn<number> => {
      const id = String(at);
      const asked = said.filters[at] ?? "";
      return {
        id,
        label: column.name,
        width: said.widths[id] ?? usualWidth(column),
        align: column.kind === "number" ? "right" : "left",
        cell: (row) => <Cell table={table} at={row} column={at} kind={column.kind} />,
        tools: (
          <Filter
            column={column}
            value={asked}
            onChange={(text) => said.setFilters({ ...said.filters, [at]: text })}
          />
        ),
        onResize: (width) => said.setWidths({ ...said.widths, [id]: width }),
      };
    }),
  ];
}

interface FilterProps {
  column: Column;
  value: string;
  onChange: (text: string) => void;
}

function Filter({ column, value, onChange }: FilterProps) {
  const numeric = column.kind === "number" || column.kind === "any";
  return (
    <Popover
      label={`Filter ${column.name}`}
      align="end"
      trigger={
        <button
          type="button"
          className={styles.filter}
          aria-label={`Filter ${column.name}`}
          data-on={value !== "" || undefined}
        >
          <ListFilter size={13} aria-hidden />
        </button>
      }
    >
      <div className={styles.asked}>
        <Field
          label={`Only rows whose ${column.name} has`}
          labelled
          placeholder={numeric ? "> 0.5, 1..3, or a text" : "a text"}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
        <Button disabled={value === ""} onClick={() => onChange("")}>
          Clear
        </Button>
      </div>
    </Popover>
  );
}
