/** Walking through a table with the keyboard, and selecting its rows. */
import type { Virtualizer } from "@tanstack/react-virtual";
import {
  type KeyboardEvent,
  type MouseEvent,
  type RefObject,
  useCallback,
  useId,
  useMemo,
  useRef,
  useState,
} from "react";
import type { TableColumn } from "./Table";
import styles from "./Table.module.css";

export interface Grid<Row> {
  selected: ReadonlySet<string>;
  onSelect: (keys: string[], on: boolean) => void;
  onStretch?: (first: number, last: number) => void; // to select, with rows that are not here yet
  onOpen: (row: Row) => void;
  onEdit?: (row: Row, column: string) => void;
  onMenu?: (row: Row, column: string, at: { x: number; y: number }) => void;
}

export interface Cursor {
  index: number;
  column: string;
  id: string; // of the element of its cell
}

interface Field<Row> {
  label: string;
  columns: readonly TableColumn<Row>[];
  rows: readonly (Row | undefined)[];
  rowKey: (row: Row) => string;
  vertical: Virtualizer<HTMLDivElement, Element>;
  horizontal: Virtualizer<HTMLDivElement, Element>;
  pinned: number;
  scroller: RefObject<HTMLDivElement | null>;
}

const PAGE = 15;

type Step = [down: number, right: number];
const STEPS: Record<string, Step> = {
  j: [1, 0],
  ArrowDown: [1, 0],
  k: [-1, 0],
  ArrowUp: [-1, 0],
  ArrowLeft: [0, -1],
  ArrowRight: [0, 1],
  PageDown: [PAGE, 0],
  PageUp: [-PAGE, 0],
  Home: [Number.NEGATIVE_INFINITY, 0],
  End: [Number.POSITIVE_INFINITY, 0],
};

export function useGrid<Row>(grid: Grid<Row> | undefined, field: Field<Row>) {
  const id = useId();
  const [place, setPlace] = useState<Omit<Cursor, "id"> | null>(null);
  const lastTick = useRef<number | null>(null);
  const latest = useRef({ grid, field });
  latest.current = { grid, field };

  const tick = useCallback((index: number, range: boolean) => {
    const { grid: now, field: of } = latest.current;
    const row = of.rows[index];
    if (!now || row === undefined) return;
    const from = range ? (lastTick.current ?? index) : index;
    const [first, last] = [Math.min(from, index), Math.max(from, index)];
    const between = Array.from({ length: last - first + 1 }, (_, at) => of.rows[first + at]);
    const here = between.flatMap((one) => (one === undefined ? [] : [of.rowKey(one)]));
    if (here.length < between.length) now.onStretch?.(first, last);
    now.onSelect(here, range || !now.selected.has(of.rowKey(row)));
    lastTick.current = index;
  }, []);

  const rowsNow = field.rows;
  const keyOf = field.rowKey;
  const walked = grid !== undefined;
  const loaded = useMemo(
    () => (walked ? rowsNow.flatMap((row) => (row === undefined ? [] : [keyOf(row)])) : []),
    [walked, rowsNow, keyOf],
  );

  if (!grid) return { attributes: {}, cursor: null, tick, all: null };
  const { columns, rows, vertical, horizontal, pinned, scroller } = field;

  const go = ([down, right]: Step) => {
    const from = place ? place.index : -1;
    const clamp = (n: number, most: number) => Math.max(0, Math.min(most, n));
    const index = clamp(from < 0 ? 0 : from + down, rows.length - 1);
    const column = clamp(
      columns.findIndex((one) => one.id === place?.column) + right,
      columns.length - 1,
    );
    const to = columns[column];
    if (rows.length === 0 || !to) return;
    setPlace({ index, column: to.id });
    if (down || from < 0) vertical.scrollToIndex(index);
    if (right && column >= pinned) reveal(column);
  };
  /** A column is in sight when nothing frozen lies over it. */
  const reveal = (index: number) => {
    const element = scroller.current;
    if (!element) return;
    const widths = columns.map((column) => column.width);
    const sum = (list: number[]) => list.reduce((a, b) => a + b, 0);
    const [frozen, start, width] = [
      sum(widths.slice(0, pinned)),
      sum(widths.slice(0, index)),
      widths[index] ?? 0,
    ];
    if (start < element.scrollLeft + frozen) horizontal.scrollToOffset(start - frozen);
    else if (start + width > element.scrollLeft + element.clientWidth) {
      horizontal.scrollToOffset(start + width - element.clientWidth);
    }
  };
  const onKeyDown = (event: KeyboardEvent<HTMLElement>) => {
    const target = event.target as HTMLElement;
    if (
      target !== event.currentTarget &&
      target.closest("input:not([type=checkbox]), textarea, button, [role=menu]")
    )
      return;
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const step = STEPS[event.key];
    const row = place ? rows[place.index] : undefined;
    const act = (): boolean => {
      if (step) go(step);
      else if (!row || !place) return false;
      else if (event.key === "x" || event.key === " ") tick(place.index, false);
      else if (event.key === "X") tick(place.index, true);
      else if (event.key === "Enter") grid.onOpen(row);
      else if ((event.key === "e" || event.key === "F2") && grid.onEdit)
        grid.onEdit(row, place.column);
      else if (
        (event.key === "ContextMenu" ||
          event.key === "m" ||
          (event.shiftKey && event.key === "F10")) &&
        grid.onMenu
      ) {
        const box = document.getElementById(id)?.getBoundingClientRect();
        grid.onMenu(row, place.column, { x: box?.left ?? 0, y: box?.bottom ?? 0 });
      } else return false;
      return true;
    };
    if (act()) event.preventDefault();
  };
  /** The row and column under the pointer. */
  const under = (event: MouseEvent<HTMLElement>) => {
    const cell = (event.target as HTMLElement).closest<HTMLElement>("[data-column]");
    const index = Number(cell?.closest<HTMLElement>("[data-index]")?.dataset.index ?? -1);
    const row = rows[index];
    const column = cell?.dataset.column;
    return row !== undefined && column !== undefined ? { row, index, column } : null;
  };
  const ticked = loaded.length > 0 && loaded.every((key) => grid.selected.has(key));
  return {
    attributes: {
      tabIndex: 0,
      "aria-multiselectable": true,
      "aria-activedescendant": place ? id : undefined,
      onKeyDown,
      onFocus: (event: React.FocusEvent) => {
        if (event.target === event.currentTarget && !place) go([0, 0]);
      },
      onClick: (event: MouseEvent<HTMLElement>) => {
        const found = under(event);
        if (found) setPlace({ index: found.index, column: found.column });
      },
      onDoubleClick: (event: MouseEvent<HTMLElement>) => {
        const found = under(event);
        if (found) grid.onEdit?.(found.row, found.column);
      },
      onContextMenu: (event: MouseEvent<HTMLElement>) => {
        const found = under(event);
        if (!found || !grid.onMenu) return;
        event.preventDefault();
        setPlace({ index: found.index, column: found.column });
        grid.onMenu(found.row, found.column, { x: event.clientX, y: event.clientY });
      },
    },
    cursor: place && { ...place, id },
    tick,
    all: (
      <input
        type="checkbox"
        className={styles.tick}
        aria-label={`Select all loaded: ${field.label}`}
        checked={ticked}
        onChange={() => grid.onSelect(loaded, !ticked)}
      />
    ),
  };
}
