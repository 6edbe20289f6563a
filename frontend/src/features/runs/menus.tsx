/** What can be done with a column, and with one value in it. */
import {
  ArrowDown,
  ArrowLeft,
  ArrowRight,
  ArrowUp,
  Check,
  Copy,
  ExternalLink,
  EyeOff,
  Filter,
  FilterX,
  Flame,
  MoreVertical,
  Palette,
  Pencil,
  Pin,
  PinOff,
} from "lucide-react";
import { fieldText, valueText } from "../../api/filter-words";
import type { Row } from "../../api/runs-table";
import type { Json } from "../../api/types";
import { Menu, MenuItem, MenuLabel, MenuLine } from "../../kit/Menu";
import { MenuAt } from "../../kit/MenuAt";
import type { Sort } from "../../kit/Table";
import { toast } from "../../kit/toast";
import { figureOf, type RunColumn } from "./columns";
import { type Column, changed, moved } from "./layout";
import styles from "./RunsTable.module.css";

interface HeaderMenuProps {
  column: RunColumn;
  columns: readonly Column[];
  onColumns: (columns: Column[]) => void;
  onSort: (sort: Sort, add: boolean) => void;
  onColor: (id: string) => void;
}

const FIGURES = { last: "summary", min: "min", max: "max", mean: "mean" };
const FIGURE_WORDS = { last: "Last value", min: "Minimum", max: "Maximum", mean: "Mean" };
type FigureName = keyof typeof FIGURES;
const FIGURE_NAMES = Object.keys(FIGURES) as FigureName[];

const size = { size: 15, "aria-hidden": true } as const;

export function HeaderMenu({ column, columns, onColumns, onSort, onColor }: HeaderMenuProps) {
  const { id, label } = column;
  const figure = figureOf(id);
  const at = columns.findIndex((one) => one.id === id);
  const here = columns[at];
  const [left, right] = [columns[at - 1], columns[at + 1]];
  return (
    <Menu
      align="end"
      trigger={
        <button type="button" className={styles.more} aria-label={`Column ${label}`}>
          <MoreVertical size={14} aria-hidden />
        </button>
      }
    >
      {column.sortable !== false && (
        <>
          <MenuItem
            icon={<ArrowUp {...size} />}
            onSelect={() => onSort({ column: id, descending: false }, false)}
          >
            Sort ascending
          </MenuItem>
          <MenuItem
            icon={<ArrowDown {...size} />}
            onSelect={() => onSort({ column: id, descending: true }, false)}
          >
            Sort descending
          </MenuItem>
          <MenuItem onSelect={() => onSort({ column: id, descending: true }, true)}>
            Then by this
          </MenuItem>
          <MenuLine />
        </>
      )}
      <MenuItem
        icon={here?.pinned ? <PinOff {...size} /> : <Pin {...size} />}
        onSelect={() => onColumns(changed(columns, id, { pinned: !here?.pinned }))}
      >
        {here?.pinned ? "Unpin" : "Pin"}
      </MenuItem>
      {left && (
        <MenuItem
          icon={<ArrowLeft {...size} />}
          onSelect={() => onColumns(moved(columns, id, left.id))}
        >
          Move left
        </MenuItem>
      )}
      {right && (
        <MenuItem
          icon={<ArrowRight {...size} />}
          onSelect={() => onColumns(moved(columns, id, right.id))}
        >
          Move right
        </MenuItem>
      )}
      {figure && (
        <>
          <MenuLine />
          <MenuLabel>Of what was logged</MenuLabel>
          {FIGURE_NAMES.map((name) => {
            const other = `${FIGURES[name]}.${figure.key}`;
            const there = columns.some((one) => one.id === other);
            return (
              <MenuItem
                key={name}
                icon={<Check {...size} opacity={figure.figure === name ? 1 : 0} />}
                onSelect={() => {
                  if (!there) onColumns(changed(columns, id, { id: other }));
                }}
              >
                {FIGURE_WORDS[name]}
              </MenuItem>
            );
          })}
          <MenuLine />
        </>
      )}
      <MenuItem icon={<Palette {...size} />} onSelect={() => onColor(id)}>
        Colour by this
      </MenuItem>
      {column.band && (
        <MenuItem
          icon={<Flame {...size} />}
          onSelect={() => onColumns(changed(columns, id, { heat: !here?.heat }))}
        >
          {here?.heat ? "No shading" : "Shade by value"}
        </MenuItem>
      )}
      <MenuItem
        icon={<EyeOff {...size} />}
        onSelect={() => onColumns(columns.filter((one) => one.id !== id))}
      >
        Hide column
      </MenuItem>
    </Menu>
  );
}

export interface Pointed {
  run: Row;
  column: RunColumn;
  at: { x: number; y: number };
}

interface CellMenuProps extends Pointed {
  onClose: () => void;
  onFilter: (condition: string) => void;
  onOpen: (run: Row) => void;
  onEdit?: (() => void) | undefined;
  onColor: (id: string) => void;
}

const NOT_FILTERED = ["created_at", "duration"]; // of which equality says nothing

/** The conditions that hold for such a value, and for any other. */
export function conditionsFor(
  run: Row,
  { id, value }: Pick<RunColumn, "id" | "value">,
): [string, string][] {
  if (NOT_FILTERED.includes(id)) return [];
  const field = fieldText(id);
  if (id === "tags") {
    return run.tags.map((tag) => {
      const condition = `tags has ${valueText({ text: tag, quoted: true })}`;
      return [condition, `not ${condition}`];
    });
  }
  const is = value?.(run);
  if (is === undefined || is === null) return [[`${field} missing`, `${field} exists`]];
  if (typeof is === "object") return [];
  const written = valueText({ text: String(is), quoted: typeof is === "string" });
  return [[`${field} = ${written}`, `${field} != ${written}`]];
}

const copied = (value: Json | undefined) =>
  typeof value === "string" ? value : value === undefined ? "" : JSON.stringify(value);

export function CellMenu(props: CellMenuProps) {
  const { run, column, at, onClose, onFilter, onOpen, onEdit, onColor } = props;
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(copied(column.value?.(run)));
      toast("Copied");
    } catch {
      toast("The browser does not allow copying here.");
    }
  };
  const conditions = conditionsFor(run, column);
  return (
    <MenuAt at={at} label={`${column.label} of ${run.name}`} onClose={onClose}>
      {conditions.map(([like, unlike]) => [
        <MenuItem key={like} icon={<Filter {...size} />} onSelect={() => onFilter(like)}>
          {like}
        </MenuItem>,
        <MenuItem key={unlike} icon={<FilterX {...size} />} onSelect={() => onFilter(unlike)}>
          {unlike}
        </MenuItem>,
      ])}
      {conditions.length > 0 && <MenuLine />}
      {onEdit && (
        <MenuItem icon={<Pencil {...size} />} hint="E" onSelect={onEdit}>
          Edit
        </MenuItem>
      )}
      <MenuItem icon={<Palette {...size} />} onSelect={() => onColor(column.id)}>
        Colour by {column.label}
      </MenuItem>
      <MenuItem icon={<Copy {...size} />} onSelect={() => void copy()}>
        Copy
      </MenuItem>
      <MenuItem icon={<ExternalLink {...size} />} hint="Enter" onSelect={() => onOpen(run)}>
        Open run
      </MenuItem>
    </MenuAt>
  );
}
