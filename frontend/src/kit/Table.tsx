/**
 * Table: any number of rows and columns, of which only those on the screen exist. A row that the
 * owner does not have yet is a hole in `rows`: it has its place, and is asked for by `onRange`.
 * The first columns stay in sight; a click on a header asks the owner to sort. Where the owner
 * takes part (`grid`), rows can be selected and a cell is walked to with the keyboard.
 */
import { useVirtualizer } from "@tanstack/react-virtual";
import { memo, type ReactNode, useEffect, useLayoutEffect, useMemo, useRef } from "react";
import { classes } from "./classes";
import styles from "./Table.module.css";
import { type Cursor, type Grid, useGrid } from "./TableGrid";
import { HeaderCell } from "./TableHeader";
import { useSize } from "./useSize";

export interface TableColumn<Row> {
  id: string;
  label: string;
  group?: string; // shown dim before the label
  band?: string; // stands above it and its neighbours of the same band
  width: number;
  align?: "left" | "right";
  sortable?: boolean;
  tools?: ReactNode; // at the end of its header
  chart?: ReactNode; // under its header
  onResize?: (width: number) => void;
  tint?: (row: Row) => string | undefined; // a background
  cell: (row: Row) => ReactNode;
}

export interface Sort {
  column: string;
  descending: boolean;
}

interface TableProps<Row> {
  label: string;
  columns: readonly TableColumn<Row>[];
  rows: readonly (Row | undefined)[];
  rowKey: (row: Row) => string;
  total: number; // rows there are, loaded or not
  sort: Sort | readonly Sort[] | null;
  onSort: (sort: Sort, add: boolean) => void;
  onEnd?: () => void; // the last loaded rows are near
  onRange?: (first: number, last: number) => void; // the rows in sight
  question?: string; // with another one, other rows come: they are shown from the top
  charts?: boolean; // there is room for charts under the headers
  rowHeight?: number;
  pinned?: number; // columns that stay in sight
  onMove?: (column: string, before: string) => void;
  grid?: Grid<Row>;
}

const ROW = 34;
const HEADER = 36;
const BAND = 22;
const CHART = 34;
const NEAR_END = 30;
const NARROW = 640; // here only the first column stays, or nothing else would be seen

export function Table<Row>(props: TableProps<Row>) {
  const { label, columns, rows, rowKey, total, sort, onSort, rowHeight = ROW, grid } = props;
  const { onEnd, onRange } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const size = useSize(scroller);
  const narrow = size && size.width < NARROW ? size.width : null;
  const pinned = narrow ? 1 : Math.max(1, props.pinned ?? 1);
  const banded = columns.some((column) => column.band);
  const charted = Boolean(props.charts) && narrow === null;
  const header = HEADER + (banded ? BAND : 0) + (charted ? CHART : 0);
  const vertical = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => rowHeight,
    overscan: 4,
    scrollMargin: header,
    scrollPaddingStart: header,
  });
  const horizontal = useVirtualizer({
    horizontal: true,
    count: columns.length,
    getScrollElement: () => scroller.current,
    estimateSize: (index) => {
      const wide = columns[index]?.width ?? 120;
      return index === 0 && narrow ? Math.min(wide, Math.floor(narrow / 2)) : wide;
    },
    getItemKey: (index) => columns[index]?.id ?? index,
    overscan: 1,
    // The frozen columns are always among those that exist.
    rangeExtractor: ({ startIndex, endIndex, overscan, count }) => {
      const frozen = Math.min(pinned, count);
      const from = Math.max(frozen, startIndex - overscan);
      const to = Math.min(count - 1, endIndex + overscan);
      const rest = Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i);
      return [...Array.from({ length: frozen }, (_, i) => i), ...rest];
    },
  });
  const layout = columns.map((column) => `${column.id} ${column.width}`).join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: measured anew when the widths change
  useEffect(() => horizontal.measure(), [horizontal, layout, pinned, narrow]);

  // biome-ignore lint/correctness/useExhaustiveDependencies: measured anew when the height changes
  useEffect(() => vertical.measure(), [vertical, rowHeight]);

  const items = vertical.getVirtualItems();
  // A row that goes out of sight becomes the one that comes into it: few nodes are made anew.
  const slots = useRef(1);
  slots.current = Math.max(slots.current, items.length);
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (last >= rows.length - NEAR_END) onEnd?.();
  }, [last, rows.length, onEnd]);
  useEffect(() => {
    onRange?.(first, last);
  }, [first, last, onRange]);
  useStillness(scroller, rows, rowKey, rowHeight);
  // biome-ignore lint/correctness/useExhaustiveDependencies: to the top when the question changes
  useLayoutEffect(() => {
    scroller.current?.scrollTo({ top: 0 });
  }, [props.question]);

  const across = horizontal.getVirtualItems();
  const shown = useMemo(
    () =>
      across.flatMap(({ index, start, size: width }) => {
        const column = columns[index];
        return column ? [{ column, index, start, size: width, frozen: index < pinned }] : [];
      }),
    [across, columns, pinned],
  );
  const width = horizontal.getTotalSize();
  const sorts = sort === null ? [] : "column" in sort ? [sort] : sort;
  const walk = useGrid(grid, {
    label,
    columns,
    rows,
    rowKey,
    vertical,
    horizontal,
    pinned,
    scroller,
  });
  return (
    <div
      ref={scroller}
      className={styles.scroller}
      tabIndex={grid ? undefined : 0}
      role="region"
      aria-label={label}
    >
      {/* biome-ignore lint/a11y/useAriaPropsSupportedByRole: those of a grid where it is one */}
      <div
        role={grid ? "grid" : "table"}
        aria-label={label}
        aria-rowcount={total + 1}
        aria-colcount={columns.length}
        style={{ width, height: vertical.getTotalSize() + header }}
        className={styles.table}
        {...walk.attributes}
      >
        <div role="rowgroup" className={styles.head} style={{ height: header }}>
          <div
            role="row"
            aria-rowindex={1}
            className={styles.headRow}
            style={{ width, height: header }}
          >
            {shown.map((placed) => (
              <HeaderCell
                key={placed.column.id}
                {...placed}
                banded={banded}
                charted={charted}
                firstOfBand={placed.column.band !== columns[placed.index - 1]?.band}
                sorts={sorts}
                onSort={onSort}
                onMove={props.onMove}
              >
                {placed.index === 0 ? walk.all : null}
              </HeaderCell>
            ))}
          </div>
        </div>
        <div role="rowgroup">
          {items.map((item) => {
            const row = rows[item.index];
            const key = row === undefined ? null : rowKey(row);
            return (
              <BodyRow
                key={item.index % slots.current}
                id={key}
                row={row}
                index={item.index}
                top={item.start}
                height={rowHeight}
                width={width}
                shown={shown}
                selected={grid ? key !== null && grid.selected.has(key) : null}
                cursor={walk.cursor?.index === item.index ? walk.cursor : null}
                onTick={grid && walk.tick}
              />
            );
          })}
        </div>
      </div>
    </div>
  );
}

/** Rows that come above those in sight move nothing: the page is scrolled by their height. */
function useStillness<Row>(
  scroller: React.RefObject<HTMLDivElement | null>,
  rows: readonly (Row | undefined)[],
  rowKey: (row: Row) => string,
  rowHeight: number,
) {
  const before = useRef<{ first: string | undefined; count: number }>({
    first: undefined,
    count: 0,
  });
  useLayoutEffect(() => {
    const element = scroller.current;
    const { first, count } = before.current;
    const now = rows[0] ? rowKey(rows[0]) : undefined;
    before.current = { first: now, count: rows.length };
    if (!element || element.scrollTop === 0 || first === undefined || first === now) return;
    const added = rows.length - count;
    const row = added > 0 ? rows[added] : undefined;
    if (row && rowKey(row) === first) element.scrollTop += added * rowHeight;
  }, [scroller, rows, rowKey, rowHeight]);
}

export interface Placed<Row> {
  column: TableColumn<Row>;
  index: number;
  start: number;
  size: number;
  frozen: boolean;
}

interface BodyRowProps<Row> {
  id: string | null;
  row: Row | undefined;
  index: number;
  top: number;
  height: number;
  width: number;
  shown: readonly Placed<Row>[];
  selected: boolean | null; // null: rows cannot be selected
  cursor: Cursor | null;
  onTick: ((index: number, range: boolean) => void) | undefined;
}

function DrawnRow<Row>(props: BodyRowProps<Row>) {
  const { id, row, index: place, top, height, width, shown, selected, cursor, onTick } = props;
  return (
    <div
      role="row"
      aria-rowindex={place + 2}
      aria-selected={selected ?? undefined}
      className={styles.row}
      data-testid="table-row"
      data-row={id ?? undefined}
      data-index={place}
      aria-busy={row === undefined || undefined}
      data-cursor={cursor ? true : undefined}
      style={{ width, height, transform: `translateY(${top}px)` }}
    >
      {shown.map(({ column, index, start, size, frozen }) => (
        // biome-ignore lint/a11y/useAriaPropsSupportedByRole: it is a cell or a gridcell
        <div
          key={column.id}
          id={cursor?.column === column.id ? cursor.id : undefined}
          role={selected === null ? "cell" : "gridcell"}
          aria-colindex={index + 1}
          data-column={column.id}
          data-cursor={cursor?.column === column.id || undefined}
          className={classes(
            styles.cell,
            frozen && styles.frozen,
            column.align === "right" && styles.right,
          )}
          style={{ width: size, left: start, ["--tint" as string]: row && column.tint?.(row) }}
        >
          {index === 0 && onTick && (
            <input
              type="checkbox"
              tabIndex={-1}
              className={styles.tick}
              aria-label={`Select row ${place + 1}`}
              checked={selected ?? false}
              onChange={() => undefined}
              onClick={(event) => onTick(place, event.shiftKey)}
            />
          )}
          {row === undefined ? <span className={styles.hole} /> : column.cell(row)}
        </div>
      ))}
    </div>
  );
}

/** While one scrolls down, only rows that come are drawn: those that stay are as they were. */
const BodyRow = memo(DrawnRow) as typeof DrawnRow;
