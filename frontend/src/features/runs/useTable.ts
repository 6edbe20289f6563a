/** What the URL says of a table of runs; columns are kept in the browser, too. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo, useRef } from "react";
import { NEWEST } from "../../api/queries";
import type { Sort } from "../../kit/Table";
import { useStored } from "../../kit/useStored";
import { type Column, inOrder, readColumns, sortId, writeColumns } from "./layout";
import { readStates } from "./StateFilter";
import type { Undo } from "./useUndo";

/** `-created_at,config.lr` as the table says it, and back. */
export const readSorts = (text: string): Sort[] =>
  text.split(",").flatMap((part) => {
    const column = sortId.read(part.replace(/^-/, ""));
    return column ? [{ column, descending: part.startsWith("-") }] : [];
  });
export const writeSorts = (sorts: readonly Sort[]) =>
  sorts.map(({ column, descending }) => (descending ? "-" : "") + sortId.write(column)).join(",");

const MOST_SORTS = 8;
const USUAL = "usual"; // columns that nobody chose, where others were kept

/** The order after a click on a header: by that column alone, or by it as well. */
export function sortedBy(sorts: readonly Sort[], sort: Sort, add: boolean): Sort[] {
  if (!add) return [sort];
  const known = sorts.some((one) => one.column === sort.column);
  return known
    ? sorts.map((one) => (one.column === sort.column ? sort : one))
    : [...sorts, sort].slice(0, MOST_SORTS);
}

/** What a change of the query is called where it is undone. */
const CHANGED: Record<string, string> = {
  q: "search",
  f: "filter",
  sort: "order",
  state: "states",
  group: "groups",
  cols: "columns",
  color: "colours",
};

export function useTable(owner: string, project: string, { did }: Undo) {
  const search = useSearch({ strict: false });
  const latest = useRef(search);
  latest.current = search;
  const navigate = useNavigate();
  const [stored, store] = useStored<string | null>(`wanllmdb.table.${owner}/${project}`, null);
  const set = useCallback(
    (change: Record<string, string | undefined>, replace = false) => {
      const before = { ...latest.current };
      const after = { ...before, ...change };
      latest.current = after; // two changes in one tick build on each other
      const names = Object.keys(change).join(" ");
      did({
        text: Object.keys(change)
          .map((name) => CHANGED[name] ?? name)
          .join(", "),
        names: replace ? names : "",
        undo: [{ do: "look", search: before }],
        redo: [{ do: "look", search: after }],
      });
      void navigate({ to: ".", search: after, replace });
    },
    [navigate, did],
  );
  const setColumns = useCallback(
    (columns: readonly Column[] | null) => {
      const text = columns && writeColumns(inOrder(columns));
      store(text);
      set({ cols: text ?? USUAL }, true);
    },
    [set, store],
  );
  const asked = search.cols === USUAL ? undefined : search.cols;
  const cols = asked ?? (search.cols || search.view ? undefined : (stored ?? undefined));
  const sort = search.sort ?? NEWEST;
  const group = search.group ?? "";
  return {
    q: search.q ?? "",
    filter: search.f ?? "",
    sort,
    sorts: useMemo(() => readSorts(sort), [sort]),
    states: useMemo(() => readStates(search.state), [search.state]),
    columns: useMemo(() => (cols === undefined ? null : readColumns(cols)), [cols]),
    color: search.color ?? null,
    by: useMemo(() => readColumns(group).map(({ id }) => id), [group]),
    set,
    setColumns,
  };
}
