/** The header of a column: its name, how it is sorted, how wide it is; it can be dragged elsewhere. */
import { ArrowDown, ArrowUp } from "lucide-react";
import { memo, type ReactNode, useRef } from "react";
import { classes } from "./classes";
import type { Placed, Sort } from "./Table";
import styles from "./Table.module.css";

const NARROWEST = 56;
const BY_KEY = 16; // pixels that an arrow makes a column wider
const DRAGGED = "application/x-wanllmdb-column";

interface HeaderCellProps<Row> extends Placed<Row> {
  banded: boolean;
  charted: boolean;
  firstOfBand: boolean;
  sorts: readonly Sort[];
  onSort: (sort: Sort, add: boolean) => void;
  onMove: ((column: string, before: string) => void) | undefined;
  children: ReactNode;
}

function DrawnHeader<Row>(props: HeaderCellProps<Row>) {
  const { column, index, start, size, frozen, banded, sorts, onSort, onMove, children } = props;
  const place = sorts.findIndex((sort) => sort.column === column.id);
  const sorted = sorts[place];
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
      {sorted && sorts.length > 1 && <span className={styles.rank}>{place + 1}</span>}
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
        frozen && styles.frozen,
        column.align === "right" && styles.right,
        banded && styles.banded,
        banded && props.firstOfBand && styles.first,
        props.charted && styles.charted,
      )}
      style={{ width: size, left: start }}
      draggable={onMove && index > 0}
      onDragStart={(event) => event.dataTransfer.setData(DRAGGED, column.id)}
      onDragOver={(event) => {
        if (onMove && index > 0 && event.dataTransfer.types.includes(DRAGGED))
          event.preventDefault();
      }}
      onDrop={(event) => {
        const from = event.dataTransfer.getData(DRAGGED);
        if (from && from !== column.id) onMove?.(from, column.id);
      }}
    >
      {banded && props.firstOfBand && column.band && (
        <span className={styles.band}>{column.band}</span>
      )}
      {children}
      {column.sortable === false ? (
        words
      ) : (
        <button
          type="button"
          className={styles.sort}
          onClick={(event) =>
            onSort(
              { column: column.id, descending: sorted ? !sorted.descending : true },
              event.shiftKey,
            )
          }
        >
          {words}
        </button>
      )}
      {column.tools && <span className={styles.tools}>{column.tools}</span>}
      {props.charted && column.chart && <div className={styles.chart}>{column.chart}</div>}
      {column.onResize && <Edge label={column.label} width={size} onResize={column.onResize} />}
    </div>
  );
}

/** Its menu and chart are drawn again only when it is another one, not while one scrolls. */
export const HeaderCell = memo(DrawnHeader) as typeof DrawnHeader;

interface EdgeProps {
  label: string;
  width: number;
  onResize: (width: number) => void;
}

/** The right edge of a header: a drag or the arrows make its column wider or narrower. */
function Edge({ label, width, onResize }: EdgeProps) {
  const resize = (next: number) => onResize(Math.max(NARROWEST, Math.round(next)));
  const from = useRef({ x: 0, width });
  return (
    <div
      role="separator"
      aria-orientation="vertical"
      aria-label={`Width of ${label}`}
      aria-valuenow={width}
      aria-valuemin={NARROWEST}
      aria-valuemax={2000}
      tabIndex={0}
      className={styles.edge}
      draggable
      onDragStart={(event) => {
        event.preventDefault(); // it is the width that is dragged, not the column
        event.stopPropagation();
      }}
      onPointerDown={(event) => {
        from.current = { x: event.clientX, width };
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        if (event.buttons & 1) resize(from.current.width + event.clientX - from.current.x);
      }}
      onKeyDown={(event) => {
        const by = { ArrowLeft: -BY_KEY, ArrowRight: BY_KEY }[event.key];
        if (by === undefined) return;
        event.preventDefault();
        event.stopPropagation();
        resize(width + by);
      }}
    />
  );
}
