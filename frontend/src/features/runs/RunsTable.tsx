/** All runs of a project as a table: sorted and filtered by the server, of which a part is here. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { ArrowUp, SearchX, Table2 } from "lucide-react";
import { useCallback, useMemo, useRef, useState } from "react";
import { NEWEST, projectQuery } from "../../api/queries";
import { type Asked, fieldsQuery, idsOf, type Row } from "../../api/runs-table";
import { Button } from "../../kit/Button";
import { count, plural } from "../../kit/format";
import { useShortcuts } from "../../kit/shortcuts";
import { EmptyState, ErrorState, Skeleton } from "../../kit/states";
import { type Sort, Table } from "../../kit/Table";
import { toast } from "../../kit/toast";
import { useStored } from "../../kit/useStored";
import { paths } from "../../paths";
import { BulkBar } from "./BulkBar";
import { figureOf } from "./columns";
import { and, between } from "./conditions";
import { FilterBar } from "./FilterBar";
import { GroupTable } from "./GroupTable";
import { Legend } from "./Legend";
import { CellMenu, conditionsFor, type Pointed } from "./menus";
import styles from "./RunsTable.module.css";
import { Tools } from "./Tools";
import { useColoring } from "./useColoring";
import { EDITED, useEditing } from "./useEditing";
import { useRows } from "./useRows";
import { useRunColumns } from "./useRunColumns";
import { useSelection } from "./useSelection";
import { sortedBy, useTable, writeSorts } from "./useTable";
import { useTableView } from "./useTableView";
import { useUndo } from "./useUndo";

const idOf = (run: Row) => run.id;
const MOST_STRETCHED = 10_000; // rows that are asked for to be selected between two others

export function RunsTable() {
  const { owner = "", project = "" } = useParams({ strict: false });
  const place = useMemo(() => ({ owner, project }), [owner, project]);
  const navigate = useNavigate();
  const undo = useUndo(place);
  const viewed = useTableView(place);
  const table = useTable(owner, project, undo);
  const { q, filter, sorts, states, by, color, set } = table;
  const asked: Asked = useMemo(() => ({ filter, q, states }), [filter, q, states]);
  const [histograms, showHistograms] = useStored("wanllmdb.table.histograms", true);

  const order = useMemo(
    () => sorts.map(({ column, descending }) => (descending ? "-" : "") + column),
    [sorts],
  );
  const figures = useFigures(table.columns, color);
  const answer = useRows(
    place,
    useMemo(() => ({ ...asked, order, figures }), [asked, order, figures]),
    viewed.ready,
  );
  const { rows, total, error } = answer;
  const wrong = error && "status" in error && error.status === 422 ? error.message : null;
  const loaded = useMemo(() => rows.flatMap((row) => (row ? [row] : [])), [rows]);
  const { data: fields } = useQuery(fieldsQuery(place, asked));
  const { data: whole } = useQuery(projectQuery(owner, project));

  const selection = useSelection();
  const editing = useEditing(owner, project, undo);
  const [turn, setTurn] = useState(0); // with another one, the table is at its top again
  const [pointed, point] = useState<Pointed | null>(null);
  const onSort = useCallback(
    (next: Sort, add: boolean) => {
      const text = writeSorts(sortedBy(sorts, next, add));
      set({ sort: text === NEWEST ? undefined : text });
    },
    [sorts, set],
  );
  const latest = useRef(filter);
  latest.current = filter;
  const addFilter = useCallback(
    (text: string) => set({ f: and(latest.current, text) || undefined }),
    [set],
  );
  const onBrush = useCallback(
    (id: string, low: number, high: number) => set({ f: between(latest.current, id, low, high) }),
    [set],
  );
  const onValue = useCallback(
    (id: string, value: string) => {
      const [like] = conditionsFor({} as Row, { id, value: () => value })[0] ?? [];
      if (like) addFilter(like);
    },
    [addFilter],
  );
  const onColor = useCallback((id: string) => set({ color: id }), [set]);
  const coloring = useColoring(place, asked, color);
  const columns = useRunColumns({
    place,
    asked,
    runs: loaded,
    fields,
    table,
    editable: editing.editable,
    onSort,
    histograms,
    coloring,
    onBrush,
    onValue,
    onColor,
  });
  const open = useCallback(
    (run: Row) => void navigate(paths.run({ owner, project, run: run.id })),
    [navigate, owner, project],
  );
  const stretch = async (first: number, last: number) => {
    if (last >= MOST_STRETCHED) {
      return toast("These are too many rows to select one by one: select all that match.");
    }
    const ids = await idsOf(place, asked, order, first, last).catch((said: Error) => {
      toast(`Not all were selected: ${said.message}`);
      return [];
    });
    selection.select(ids, true);
  };
  useShortcuts({
    f: () => document.querySelector<HTMLInputElement>('[aria-label="Filter runs"]')?.focus(),
    escape: selection.clear,
    "mod+z": () => undo.undo?.(),
    "mod+shift+z": () => undo.redo?.(),
  });
  const filtered = q !== "" || states.length > 0 || filter !== "";
  const clear = () => set({ q: undefined, state: undefined, f: undefined });

  return (
    <div className={styles.page}>
      <Tools
        place={place}
        table={table}
        viewed={viewed}
        undo={undo}
        total={answer.there ? total : null}
        asked={asked}
        order={order}
        fields={fields}
        columns={columns}
        histograms={histograms}
        onHistograms={showHistograms}
        onFilter={addFilter}
      />
      <FilterBar
        key={`${owner}/${project}`}
        filter={filter}
        fields={fields}
        wrong={wrong}
        onChange={(text) => set({ f: text || undefined })}
      />
      {color !== null && coloring && (
        <Legend id={color} coloring={coloring} onClear={() => set({ color: undefined })} />
      )}
      {error && !wrong && answer.there && (
        <p role="alert" className={styles.stale}>
          These may not be the newest: {error.message}
          <Button size="small" onClick={answer.retry}>
            Retry
          </Button>
        </p>
      )}
      {error && !answer.there && <ErrorState error={error} retry={answer.retry} />}
      {!error && !answer.there && (
        <div className={styles.bones}>
          <Skeleton height={24} lines={12} />
        </div>
      )}
      {answer.there && total === 0 && (
        <Nothing filtered={filtered} of={whole?.runs ?? null} onClear={clear} />
      )}
      {total > 0 && by.length > 0 && (
        <GroupTable
          place={place}
          asked={asked}
          by={by}
          columns={columns.shown}
          onFilter={(text) => set({ f: text || undefined, group: undefined })}
        />
      )}
      {total > 0 && by.length === 0 && (
        <div className={styles.body}>
          {answer.fresh > 0 && (
            <div className={styles.fresh}>
              <Button
                size="small"
                variant="primary"
                icon={<ArrowUp size={14} aria-hidden />}
                onClick={() => {
                  answer.letIn();
                  setTurn(turn + 1);
                }}
              >
                {plural(answer.fresh, "new run")}
              </Button>
            </div>
          )}
          <Table
            label="Runs"
            columns={columns.shown}
            rows={rows}
            rowKey={idOf}
            total={total}
            sort={sorts}
            onSort={onSort}
            onRange={answer.onRange}
            question={`${answer.question} ${turn}`}
            charts={histograms}
            pinned={columns.pinned}
            onMove={columns.move}
            grid={{
              selected: selection.ids,
              onSelect: selection.select,
              onStretch: (first, last) => void stretch(first, last),
              onOpen: open,
              onEdit: editing.begin,
              onMenu: (run, id, at) => {
                const column = columns.shown.find((one) => one.id === id);
                if (column) point({ run, column, at });
              },
            }}
          />
        </div>
      )}
      {pointed && (
        <CellMenu
          {...pointed}
          onClose={() => point(null)}
          onFilter={addFilter}
          onOpen={open}
          onColor={onColor}
          onEdit={
            EDITED.includes(pointed.column.id)
              ? () => editing.begin(pointed.run, pointed.column.id)
              : undefined
          }
        />
      )}
      <BulkBar
        owner={owner}
        project={project}
        selection={selection}
        asked={asked}
        total={total}
        loaded={() => loaded.map(idOf)}
        onHide={(ids) => addFilter(`id not in (${ids.join(", ")})`)}
        undo={undo}
      />
    </div>
  );
}

/** The figures that are shown besides last values, which are asked for with the rows. */
function useFigures(columns: readonly { id: string }[] | null, color: string | null): string[] {
  const ids = [...(columns ?? []).map(({ id }) => id), ...(color ? [color] : [])];
  const text = JSON.stringify(
    [...new Set(ids)].filter((id) => (figureOf(id)?.figure ?? "last") !== "last").sort(),
  );
  return useMemo(() => JSON.parse(text) as string[], [text]);
}

interface NothingProps {
  filtered: boolean;
  of: number | null; // runs that there are
  onClear: () => void;
}

function Nothing({ filtered, of, onClear }: NothingProps) {
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
      title={of === null ? "No run matches" : `0 of ${count(of)} match`}
      action={<Button onClick={onClear}>Clear filter</Button>}
    />
  );
}
