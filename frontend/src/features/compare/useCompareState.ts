/**
 * The state of the comparison, which the URL spells, and how to change it. What went before is kept
 * beside it, so that it can be undone; a short link and a saved view are written out into the URL.
 */
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { lookupQuery, MOST_COMPARED } from "../../api/comparison";
import { links, type SavedView, stateOf, views, type WholeView } from "../../api/views";
import { keepHistory, readHistory, redone, remembered, undone } from "../../kit/history";
import type { ProjectPlace } from "../../paths";
import { readRefs } from "./refs";
import { asShown, type Change, type CompareState, changedNames, stateFrom } from "./state";

export const NO_VIEW = "none"; // in the URL: not the project's own, either

export interface CompareView {
  all: readonly SavedView[];
  view: WholeView | null;
  edited: boolean;
  place: ProjectPlace | null; // whose views they are
}

export interface Compares {
  place: ProjectPlace | null; // of the page; null: it is about any projects
  state: CompareState;
  saved: CompareView;
  /** With `flowing` it goes on from the last change: a drag, a word that is typed. */
  set: (change: Change, flowing?: boolean) => void;
  undo: (() => void) | null;
  redo: (() => void) | null;
  /** Goes to a saved view (null: none); without a state to what it says. */
  open: (id: string | null, state?: CompareState) => void;
}

function usePlace(): ProjectPlace | null {
  const { owner, project } = useParams({ strict: false });
  return useMemo(() => (owner && project ? { owner, project } : null), [owner, project]);
}

/** The page's project, else that of the first run that is there. */
function useWhose(place: ProjectPlace | null, ids = ""): ProjectPlace | null {
  const refs = useMemo(() => readRefs(ids, place).refs, [ids, place]);
  const asks = place === null && refs.length > 0 && refs.length <= MOST_COMPARED;
  const { data } = useQuery({ ...lookupQuery(refs), enabled: asks });
  const { owner, project } = (asks && data?.items[0]) || {};
  return useMemo(
    () => place ?? (owner && project ? { owner, project } : null),
    [place, owner, project],
  );
}

export function useCompareState(): Compares {
  const place = usePlace();
  const search: Partial<Record<string, string>> = useSearch({ strict: false });
  const navigate = useNavigate();
  const state = useMemo(() => stateFrom(search), [search]);
  const go = useCallback(
    (next: CompareState, replace: boolean, id?: string | null) =>
      void navigate({
        to: ".",
        search: (before) => ({ ...next, view: id === undefined ? before.view : (id ?? undefined) }),
        replace,
      }),
    [navigate],
  );

  const saved = useSaved(place, search, state, go);

  const name = place ? `${place.owner}/${place.project}/compare` : "compare";
  const [held, hold] = useState(() => ({ name, history: readHistory(name) }));
  const history = held.name === name ? held.history : readHistory(name);
  const latest = useRef({ state, history });
  latest.current = { state, history };
  const keep = useCallback(
    (next: typeof history) => {
      latest.current.history = next;
      hold({ name, history: next });
      keepHistory(name, next);
    },
    [name],
  );
  const set = useCallback(
    (change: Change, flowing = false) => {
      const before = latest.current.state;
      const next = stateFrom({ ...before, ...change });
      const names = changedNames(before, next);
      if (names.length === 0) return;
      const told = names.join(" ");
      if (told !== "tab") {
        keep(remembered(latest.current.history, before, told, flowing, Date.now()));
      }
      latest.current.state = next; // two changes in one tick build on each other
      go(next, flowing);
    },
    [go, keep],
  );
  const step = useCallback(
    (way: typeof undone) => {
      const { history, state } = latest.current;
      const found = way(history, state);
      if (!found) return;
      keep(found.history);
      go(stateFrom({ ...found.state, tab: state.tab }), false);
    },
    [go, keep],
  );
  const undo = useCallback(() => step(undone), [step]);
  const redo = useCallback(() => step(redone), [step]);
  const open = useCallback(
    (id: string | null, next?: CompareState) => {
      const { state, history } = latest.current;
      if (next && changedNames(state, next).length > 0) {
        keep(remembered(history, state, "view", false, Date.now()));
      }
      go(next ?? {}, false, id);
    },
    [go, keep],
  );
  return {
    place,
    state,
    saved,
    set,
    undo: history.past.length ? undo : null,
    redo: history.future.length ? redo : null,
    open,
  };
}

type Go = (next: CompareState, replace: boolean, id?: string | null) => void;

/** The saved view of the URL, or the project's own where the URL says nothing. */
function useSaved(
  place: ProjectPlace | null,
  search: Partial<Record<string, string>>,
  state: CompareState,
  go: Go,
): CompareView {
  const whose = useWhose(place, state.ids);
  const { owner, project } = whose ?? { owner: "", project: "" };
  const list = useQuery({
    ...views.list(owner, project, "compare"),
    enabled: whose !== null,
    retry: false,
  });
  const all = list.data ?? [];
  const bare = Object.keys(state).length === 0;
  const usual = bare && !search.view && !search.s ? all.find((one) => one.default)?.id : undefined;
  const asked = search.view === NO_VIEW ? undefined : (search.view ?? usual);
  const { data } = useQuery({
    ...views.one(owner, project, asked ?? ""),
    enabled: whose !== null && asked !== undefined,
    retry: false,
  });
  const view = data && data.id === asked ? data : null;
  const told = useMemo(
    () => (view ? asShown(stateFrom(stateOf(view.content)), place) : {}),
    [view, place],
  );
  const link = useQuery({ ...links.query(search.s ?? ""), enabled: search.s !== undefined });
  useEffect(() => {
    if (search.s && link.data) {
      go(asShown(stateFrom(Object.fromEntries(new URLSearchParams(link.data.state))), place), true);
    } else if (view && bare) {
      go(told, true, view.id);
    }
  }, [search.s, link.data, view, bare, told, place, go]);
  const edited = view ? !bare && changedNames(state, told).length > 0 : state.ids !== undefined;
  return { all, view, edited, place: whose };
}
