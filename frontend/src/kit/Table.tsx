/**
 * Table: any number of rows and columns, of which only those on the screen exist.
 * The first column stays in sight; a click on a header asks the owner to sort.
 */
import { useVirtualizer } from "@tanstack/react-virtual";
import { ArrowDown, ArrowUp } from "lucide-react";
import { memo, type ReactNode, useEffect, useMemo, useRef } from "react";
import { classes } from "./classes";
import styles from "./Table.module.css";

export interface TableColumn<Row> {
  id: string;
  label: string;
  group?: string; // shown dim before the label
  width: number;
  align?: "left" | "right";
  sortable?: boolean;
  cell: (row: Row) => ReactNode;
}

export interface Sort {
  column: string;
  descending: boolean;
}

interface TableProps<Row> {
  label: string;
  columns: readonly TableColumn<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  total: number; // rows there are, loaded or not
  sort: Sort | null;
  onSort: (sort: Sort) => void;
  onEnd: () => void; // the last loaded rows are near
}

const ROW = 34;
const HEADER = 36;
const NEAR_END = 30;

export function Table<Row>(props: TableProps<Row>) {
  const { label, columns, rows, rowKey, total, sort, onSort, onEnd } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const vertical = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 8,
    scrollMargin: HEADER,
  });
  const horizontal = useVirtualizer({
    horizontal: true,
    count: columns.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => columns[index]?.width ?? 120,
    getItemKey: (index) => columns[index]?.id ?? index,
    overscan: 2,
    // The frozen column is always among those that exist.
    rangeExtractor: ({ startIndex, endIndex, overscan, count }) => {
      const from = Math.max(1, startIndex - overscan);
      const to = Math.min(count - 1, endIndex + overscan);
      return [0, ...Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)];
    },
  });
  const widths = columns.map((column) => column.width).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: measured anew when the widths change
  useEffect(() => horizontal.measure(), [horizontal, widths]);

  const items = vertical.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= rows.length - NEAR_END) onEnd();
  }, [last, rows.length, onEnd]);

  const across = horizontal.getVirtualItems();
  const shown = useMemo(
    () =>
      across.flatMap(({ index, start, size }) => {
        const column = columns[index];
        return column ? [{ column, index, start, size }] : [];
      }),
    [across, columns],
  );
  const width = horizontal.getTotalSize();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: scrolled by keyboard
    <div ref={scroller} className={styles.scroller} tabIndex={0} role="region" aria-label={label}>
      <div
        role="table"
        aria-label={label}
        aria-rowcount={total + 1}
        aria-colcount={columns.length}
        style={{ width, height: vertical.getTotalSize() + HEADER }}
        className={styles.table}
      >
        <div role="rowgroup" className={styles.head}>
          <div role="row" aria-rowindex={1} className={styles.headRow} style={{ width }}>
            {shown.map(({ column, index, start, size }) => (
              <HeaderCell
                key={column.id}
                column={column}
                index={index}
                start={start}
                size={size}
                sort={sort}
                onSort={onSort}
              />
            ))}
          </div>
        </div>
        <div role="rowgroup">
          {items.map((item) => {
            const row = rows[item.index] as Row;
            return (
              <BodyRow
                key={rowKey(row)}
                id={rowKey(row)}
                row={row}
                index={item.index}
                top={item.start}
                width={width}
                shown={shown}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

interface Placed<Row> {
  column: TableColumn<Row>;
  index: number;
  start: number;
  size: number;
}

interface BodyRowProps<Row> {
  id: string;
  row: Row;
  index: number;
  top: number;
  width: number;
  shown: readonly Placed<Row>[];
}

function DrawnRow<Row>({ id, row, index: place, top, width, shown }: BodyRowProps<Row>) {
  return (
    <div
      role="row"
      aria-rowindex={place + 2}
      className={styles.row}
      data-testid="table-row"
      data-row={id}
      style={{ width, height: ROW, transform: `translateY(${top}px)` }}
    >
      {shown.map(({ column, index, start, size }) => (
        <div
          key={column.id}
          role="cell"
          aria-colindex={index + 1}
          className={classes(
            styles.cell,
            index === 0 && styles.frozen,
            column.align === "right" && styles.right,
          )}
          style={{ width: size, left: index === 0 ? 0 : start }}
        >
          {column.cell(row)}
        </div>
      ))}
    </div>
  );
}

/** While one scrolls down, only rows that come are drawn: those that stay are as they were. */
const BodyRow = memo(DrawnRow) as typeof DrawnRow;

interface HeaderCellProps<Row> {
  column: TableColumn<Row>;
  index: number;
  start: number;
  size: number;
  sort: Sort | null;
  onSort: (sort: Sort) => void;
}

function HeaderCell<Row>({ column, index, start, size, sort, onSort }: HeaderCellProps<Row>) {
  const sorted = sort?.column === column.id ? sort : null;
  const words = (
    <>
      <span className={styles.words} title={`${column.group ?? ""}${column.label}`}>
        {column.group && <span className={styles.group}>{column.group}</span>}
        {column.label}
      </span>
      {sorted &&
        (sorted.descending ? (
          <ArrowDown size={13} aria-hidden />
        ) : (
          <ArrowUp size={13} aria-hidden />
        ))}
    </>
  );
  return (
    <div
      role="columnheader"
      aria-colindex={index + 1}
      aria-sort={sorted ? (sorted.descending ? "descending" : "ascending") : undefined}
      className={classes(
        styles.cell,
        styles.headCell,
        index === 0 && styles.frozen,
        column.align === "right" && styles.right,
      )}
      style={{ width: size, left: index === 0 ? 0 : start }}
    >
      {column.sortable === false ? (
        words
      ) : (
        <button
          type="button"
          className={styles.sort}
          onClick={() =>
            onSort({ column: column.id, descending: sorted ? !sorted.descending : true })
          }
        >
          {words}
        </button>
      )}
    </div>
  );
}
