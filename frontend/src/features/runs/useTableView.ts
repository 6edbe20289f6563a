/**
 * The saved view that a table is: it stands in the URL by its id with all that it says, so that a
 * link shows the same whatever becomes of the view. A URL with the id alone is as the view is now.
 */
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useEffect, useMemo, useRef } from "react";
import { links, type SavedView, stateOf, views, type WholeView } from "../../api/views";
import type { ProjectPlace } from "../../paths";
import type { Search } from "./undo";

export const NO_VIEW = "none"; // in the URL: not the project's own, either
const TOLD = ["q", "f", "sort", "state", "group", "cols", "color"] as const;

/** What of a query a view keeps. */
export function stateFrom(search: Search): Search {
  return Object.fromEntries(TOLD.flatMap((name) => (search[name] ? [[name, search[name]]] : [])));
}

export const alike = (one: Search, other: Search) =>
  TOLD.every((name) => (one[name] ?? "") === (other[name] ?? ""));

export interface TableView {
  all: readonly SavedView[];
  view: WholeView | null;
  state: Search; // of the page, as a view keeps it
  edited: boolean;
  ready: boolean; // it is known what is to be shown
  open: (id: string | null, state: Search) => void;
}

export function useTableView({ owner, project }: ProjectPlace): TableView {
  const search: Search = useSearch({ strict: false });
  const navigate = useNavigate();
  const list = useQuery({ ...views.list(owner, project, "table"), retry: false });
  const all = list.data ?? [];
  const state = useMemo(() => stateFrom(search), [search]);
  const bare = Object.keys(state).length === 0;
  const usual = bare && !search.view && !search.s ? all.find((one) => one.default)?.id : undefined;
  const asked = search.view === NO_VIEW ? undefined : (search.view ?? usual);
  const one = useQuery({
    ...views.one(owner, project, asked ?? ""),
    enabled: asked !== undefined,
    retry: false,
  });
  const view = one.data && one.data.id === asked ? one.data : null;
  const told = useMemo(() => (view ? stateFrom(stateOf(view.content)) : {}), [view]);

  const link = useQuery({ ...links.query(search.s ?? ""), enabled: search.s !== undefined });
  const opened = useRef<string | null>(null);
  useEffect(() => {
    if (search.s && link.data) {
      const whole = {
        view: search.view,
        ...stateFrom(Object.fromEntries(new URLSearchParams(link.data.state))),
      };
      void navigate({ to: ".", search: whole, replace: true });
    } else if (view && bare && opened.current !== view.id) {
      opened.current = view.id;
      void navigate({ to: ".", search: { view: view.id, ...told }, replace: true });
    }
  }, [search.s, search.view, link.data, view, bare, told, navigate]);

  const waits =
    (search.s !== undefined && link.isPending) ||
    (bare && (list.isPending || (asked !== undefined && one.isPending)));
  return {
    all,
    view,
    state,
    edited: view ? !alike(state, told) : !bare,
    ready: !waits,
    open: (id, next) => {
      opened.current = Object.keys(next).length > 0 ? id : null; // what it says is looked up
      void navigate({ to: ".", search: { view: id ?? undefined, ...next } });
    },
  };
}
