/** The columns of a table as they are shown: in order, with widths, shading and their menus. */
import { useCallback, useMemo, useRef, useState } from "react";
import type { Asked, Row, RunFields } from "../../api/runs-table";
import type { Sort } from "../../kit/Table";
import { useNow } from "../../kit/useNow";
import type { Coloring } from "./coloring";
import { columnOf, known, type Leaves, leavesOfRuns, type RunColumn, usual } from "./columns";
import { HeaderHistogram } from "./HeaderHistogram";
import { type Column, changed, inOrder, moved } from "./layout";
import { HeaderMenu } from "./menus";
import { heated } from "./shading";
import type { useTable } from "./useTable";

interface Given {
  place: { owner: string; project: string };
  asked: Asked;
  runs: readonly Row[];
  fields: RunFields | undefined;
  histograms: boolean;
  coloring: Coloring | null;
  onBrush: (id: string, low: number, high: number) => void;
  onValue: (id: string, value: string) => void;
  onColor: (id: string) => void;
  table: ReturnType<typeof useTable>;
  editable: (column: RunColumn) => RunColumn;
  onSort: (sort: Sort, add: boolean) => void;
}

const NAME = "name";

const MOST_USUAL = 6; // of config, and of summary

/** The keys of the loaded runs: another list only when there are others. */
function useLeaves(runs: readonly Row[]): Leaves {
  const held = useRef<{ text: string; leaves: Leaves }>(undefined);
  return useMemo(() => {
    const leaves = leavesOfRuns(runs);
    const text = JSON.stringify(leaves);
    if (held.current?.text !== text) held.current = { text, leaves };
    return held.current.leaves;
  }, [runs]);
}

/** The usual columns as they were first seen; those that come later stand behind their like. */
export function grown(before: readonly string[], now: readonly string[]): readonly string[] {
  const next = [...before];
  for (const id of now) {
    if (next.includes(id)) continue;
    const head = id.slice(0, id.indexOf(".") + 1);
    const alike = next.filter((one) => one.startsWith(head));
    if (head !== "" && alike.length < MOST_USUAL) {
      const last = alike.at(-1);
      next.splice(last === undefined ? next.length : next.indexOf(last) + 1, 0, id);
    }
  }
  return next.length === before.length ? before : next;
}

export function useRunColumns(given: Given) {
  const { place, asked, runs, fields, table, editable, onSort, histograms, coloring } = given;
  const { onBrush, onValue, onColor } = given;
  const now = useNow(30_000);
  const { columns: kept, setColumns, color } = table;
  const leaves = useLeaves(runs);
  const all = useMemo(() => {
    const by = color === null ? undefined : columnOf(color);
    const colorOf = coloring && ((run: Row) => coloring.colorOf(by?.value?.(run)));
    return known(leaves, now, fields, colorOf ?? undefined);
  }, [leaves, now, fields, coloring, color]);
  const first = useRef<readonly string[]>([]);
  const usually = useMemo(() => {
    if (runs.length === 0) return first.current;
    const found = usual(runs, all);
    first.current = first.current.length === 0 ? found : grown(first.current, found);
    return first.current;
  }, [runs, all]);
  const layout = useMemo(
    () => inOrder(kept ?? usually.map((id) => ({ id }))).filter(({ id }) => id !== NAME),
    [kept, usually],
  );
  const [nameWidth, setNameWidth] = useState<number | null>(null);
  const resize = useCallback(
    (id: string, width: number) => setColumns(changed(layout, id, { width })),
    [layout, setColumns],
  );
  const heatRuns = layout.some(({ heat }) => heat) ? runs : null;
  const shown = useMemo(() => {
    const name = all.get(NAME);
    const first = name && {
      ...name,
      width: nameWidth ?? name.width,
      onResize: setNameWidth,
    };
    const rest = layout.flatMap((here): RunColumn[] => {
      const column = all.get(here.id) ?? columnOf(here.id);
      if (!column) return [];
      return [
        {
          ...column,
          width: here.width ?? column.width,
          onResize: (width) => resize(column.id, width),
          tools: (
            <HeaderMenu
              column={column}
              columns={layout}
              onColumns={setColumns}
              onSort={onSort}
              onColor={onColor}
            />
          ),
          ...(histograms && column.band
            ? {
                chart: (
                  <HeaderHistogram
                    place={place}
                    asked={asked}
                    id={column.id}
                    label={column.label}
                    onBrush={(low, high) => onBrush(column.id, low, high)}
                    onValue={(value) => onValue(column.id, value)}
                  />
                ),
              }
            : {}),
          ...(here.heat && heatRuns ? { tint: heated(heatRuns, column) } : {}),
        },
      ];
    });
    return [...(first ? [first] : []), ...rest].map(editable);
  }, [
    all,
    layout,
    nameWidth,
    heatRuns,
    editable,
    resize,
    setColumns,
    onSort,
    onColor,
    place,
    asked,
    histograms,
    onBrush,
    onValue,
  ]);
  return {
    all: useMemo(() => [...all.values()].filter(({ id }) => id !== NAME), [all]),
    chosen: layout.map(({ id }) => id),
    shown,
    pinned: 1 + layout.filter(({ id, pinned }) => pinned && (all.has(id) || columnOf(id))).length,
    choose: useCallback(
      (ids: string[] | null) => {
        const before = new Map(layout.map((one) => [one.id, one]));
        setColumns(ids === null ? null : ids.map((id): Column => before.get(id) ?? { id }));
      },
      [layout, setColumns],
    ),
    move: useCallback(
      (id: string, before: string) => setColumns(moved(layout, id, before)),
      [layout, setColumns],
    ),
  };
}
