/** The saved view of the URL, else the project's own: what the state on the screen is a change of. */
import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import { type SavedView, stateOf, views, type WholeView } from "../../api/views";
import type { Search } from "./view";

export const NO_VIEW = "none"; // in the URL: not the project's own, either

export interface Saved {
  all: readonly SavedView[];
  view: WholeView | null;
  state: Search;
}

const NOTHING: Search = {};

export function useSavedView(owner: string, project: string): Saved {
  const { view: asked }: Search = useSearch({ strict: false });
  const { data: all = [] } = useQuery(views.list(owner, project, "workspace"));
  const usual = all.find((view) => view.default)?.id;
  const id = asked === NO_VIEW ? undefined : (asked ?? usual);
  const { data } = useQuery({ ...views.one(owner, project, id ?? ""), enabled: id !== undefined });
  const view = id !== undefined && data?.id === id ? data : null;
  const state = useMemo(() => (view ? stateOf(view.content) : NOTHING), [view]);
  return { all, view, state };
}
