/** The bar over the table: views, undo, words and conditions, states, groups, columns, files, bin. */
import { Link } from "@tanstack/react-router";
import { Columns3, Plus, Redo2, Trash2, Undo2 } from "lucide-react";
import { useState } from "react";
import type { Asked, RunFields } from "../../api/runs-table";
import { Button, IconButton } from "../../kit/Button";
import { count } from "../../kit/format";
import { Popover } from "../../kit/Menu";
import { Tooltip } from "../../kit/Tooltip";
import { type ProjectPlace, paths } from "../../paths";
import { ColumnPicker } from "./ColumnPicker";
import { ConditionEditor } from "./ConditionEditor";
import { ExportMenu } from "./ExportMenu";
import { Words } from "./FilterBar";
import { GroupPicker } from "./GroupPicker";
import styles from "./RunsTable.module.css";
import { StateFilter } from "./StateFilter";
import { TableViews } from "./TableViews";
import type { useRunColumns } from "./useRunColumns";
import type { useTable } from "./useTable";
import type { TableView } from "./useTableView";
import type { Undo } from "./useUndo";

interface ToolsProps {
  place: ProjectPlace;
  table: ReturnType<typeof useTable>;
  viewed: TableView;
  undo: Undo;
  total: number | null;
  asked: Asked;
  order: readonly string[];
  fields: RunFields | undefined;
  columns: ReturnType<typeof useRunColumns>;
  histograms: boolean;
  onHistograms: (shown: boolean) => void;
  onFilter: (text: string) => void;
}

export function Tools(props: ToolsProps) {
  const { place, table, viewed, undo, total, asked, order, fields, columns, onFilter } = props;
  const { q, states, by, set } = table;
  return (
    <header className={styles.bar}>
      <h1>Runs</h1>
      <TableViews place={place} viewed={viewed} />
      <span className={styles.steps}>
        <IconButton
          label="Undo"
          hint="⌘Z"
          size="small"
          disabled={!undo.undo}
          onClick={() => undo.undo?.()}
        >
          <Undo2 size={15} aria-hidden />
        </IconButton>
        <IconButton
          label="Redo"
          hint="⇧⌘Z"
          size="small"
          disabled={!undo.redo}
          onClick={() => undo.redo?.()}
        >
          <Redo2 size={15} aria-hidden />
        </IconButton>
      </span>
      {total !== null && (
        <span className={styles.total}>
          <span data-testid="total">{count(total)}</span> {total === 1 ? "run" : "runs"}
        </span>
      )}
      <div className={styles.tools}>
        <Words
          key={place.owner + place.project}
          q={q}
          onWords={(next) => set({ q: next || undefined }, true)}
          onFilter={onFilter}
        />
        <StateFilter
          chosen={states}
          onChange={(next) => set({ state: next.join(",") || undefined })}
        />
        <AddCondition fields={fields} onAdd={onFilter} />
        <GroupPicker
          all={columns.all}
          by={by}
          onChange={(ids) => set({ group: ids || undefined })}
        />
        <Popover
          align="end"
          label="Columns"
          trigger={<Button icon={<Columns3 size={15} aria-hidden />}>Columns</Button>}
        >
          <ColumnPicker
            all={columns.all}
            chosen={columns.chosen}
            fields={fields}
            onChange={columns.choose}
            histograms={props.histograms}
            onHistograms={props.onHistograms}
          />
        </Popover>
        <ExportMenu
          place={place}
          asked={asked}
          order={order}
          columns={columns.shown.map(({ id }) => id)}
        />
        <Tooltip text="Bin">
          <Link {...paths.bin(place)} aria-label="Bin" className={styles.bin}>
            <Trash2 size={16} aria-hidden />
          </Link>
        </Tooltip>
      </div>
    </header>
  );
}

interface AddConditionProps {
  fields: RunFields | undefined;
  onAdd: (text: string) => void;
}

function AddCondition({ fields, onAdd }: AddConditionProps) {
  const [open, setOpen] = useState(false);
  return (
    <Popover
      align="end"
      label="Add a condition"
      open={open}
      onOpenChange={setOpen}
      trigger={<Button icon={<Plus size={15} aria-hidden />}>Filter</Button>}
    >
      <ConditionEditor
        fields={fields}
        onDone={(text) => {
          setOpen(false);
          onAdd(text);
        }}
      />
    </Popover>
  );
}
