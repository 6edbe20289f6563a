/**
 * The view that the URL spells over the saved view, and how to change it.
 *
 * The URL is the truth: Back, a shared link and a reload all come to the same. What went before is
 * kept beside it, so that it can be undone.
 */
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useEffect, useMemo, useRef } from "react";
import { create } from "zustand";
import { leave, leftAs, takeBaseline } from "../../api/baseline";
import { LONGEST, links } from "../../api/views";
import {
  type History,
  keepHistory,
  noHistory,
  readHistory,
  redone,
  remembered,
  undone,
} from "../../kit/history";
import { isOwnName, keepLong, longState, ownName } from "./long-states";
import {
  compact,
  difference,
  fromQuery,
  isEdited,
  merged,
  toQuery,
  withoutMoment,
  withoutPlace,
} from "./spelling";
import { readView, type Search, type View, writeView, type X } from "./view";

export type ChangeView = (change: (view: View) => View, how?: { replace?: boolean }) => void;

export interface ViewPlace {
  owner: string;
  project: string;
  name: string; // what history and draft are kept under
}

export interface Viewed {
  view: View;
  change: ChangeView;
  state: Search; // all of it, spelled
  edited: boolean;
  undo: (() => void) | null;
  redo: (() => void) | null;
  pending: boolean; // a short link is being looked up
  /** Goes to another saved view (null: none), or back to what the present one says. */
  open: (id: string | null, state?: Search) => void;
}

interface Options {
  place: ViewPlace;
  usualX?: X;
  base?: Search; // what the saved view says
  drafts?: boolean; // what was edited is found again when the page is opened anew
}

const useHistories = create<Record<string, History>>(() => ({}));

function setHistory(name: string, history: History): void {
  useHistories.setState({ [name]: history });
  keepHistory(name, history);
}

const NOTHING: Search = {};
const SETTLE_MS = 800;

/** Whose state the URL names: in the query itself, or behind a short name. */
function useSpelled(search: Search): { spelled: Search; pending: boolean } {
  const short = search.s;
  const known = short ? longState(short) : null;
  const { data, isPending } = useQuery({
    ...links.query(short ?? ""),
    enabled: short !== undefined && known === null && !isOwnName(short),
  });
  const spelled = useMemo(() => {
    if (!short) return withoutPlace(search);
    return known ?? (data ? withoutPlace(fromQuery(data.state)) : withoutPlace(search));
  }, [short, known, data, search]);
  return { spelled, pending: Boolean(short) && !known && !isOwnName(short ?? "") && isPending };
}

export function useView({ place, usualX = "step", base = NOTHING, drafts }: Options): Viewed {
  const search: Search = useSearch({ strict: false });
  const navigate = useNavigate();
  const { spelled, pending } = useSpelled(search);
  const state = useMemo(() => merged(base, spelled), [base, spelled]);
  const view = useMemo(() => readView(state, usualX), [state, usualX]);
  const history = useHistories((all) => all[place.name]) ?? noHistory;
  const latest = useRef({ view, state, search, base, history });
  latest.current = { view, state, search, base, history };

  useEffect(() => {
    if (!useHistories.getState()[place.name]) {
      useHistories.setState({ [place.name]: readHistory(place.name) });
    }
  }, [place.name]);

  const go = useCallback(
    (next: Search, replace: boolean, id = latest.current.search.view) => {
      const { base } = latest.current;
      const told = difference(base, compact(next));
      const short = toQuery(told).length > LONGEST ? ownName(told) : undefined;
      latest.current.state = next; // two changes in one tick build on each other
      latest.current.view = readView(next, usualX);
      const query = short ? { view: id, s: short } : { view: id, ...told };
      latest.current.search = compact(query);
      void navigate({ to: ".", search: compact(query), replace });
    },
    [navigate, usualX],
  );

  const change = useCallback<ChangeView>(
    (act, how) => {
      const { view, state, history } = latest.current;
      const next = compact(writeView(act(view), usualX));
      const names = Object.keys(difference(state, next)).sort().join(" ");
      if (names === "") return;
      const [before, after] = [withoutMoment(state), withoutMoment(next)];
      if (Object.keys(difference(before, after)).length > 0) {
        const flowing = how?.replace ?? false;
        const told = remembered(history, before, names, flowing, Date.now());
        latest.current.history = told;
        setHistory(place.name, told);
      }
      go(next, how?.replace ?? false);
    },
    [go, place.name, usualX],
  );

  const step = useCallback(
    (way: typeof undone) => {
      const found = way(latest.current.history, withoutMoment(latest.current.state));
      if (!found) return;
      latest.current.history = found.history;
      setHistory(place.name, found.history);
      const { panel, find } = latest.current.state;
      go(compact({ ...found.state, panel, find }), true);
    },
    [go, place.name],
  );
  const undo = useCallback(() => step(undone), [step]);
  const redo = useCallback(() => step(redone), [step]);

  const open = useCallback(
    (id: string | null, state?: Search) => {
      const query = compact({ view: id ?? undefined, ...state });
      latest.current.search = query;
      void navigate({ to: ".", search: query });
    },
    [navigate],
  );

  useShortened(place, search);
  useDraft(place, search, drafts ?? false);
  const restored = Object.keys(search).length > 0 || !leftAs(place.name);
  useAskedBaseline(place, change, (drafts ?? false) && restored && !pending);
  return {
    view,
    change,
    state,
    edited: isEdited(base, state),
    undo: history.past.length ? undo : null,
    redo: history.future.length ? redo : null,
    pending,
    open,
  };
}

/** Gives a state that is too long for the URL a name that others can follow, once it rests. */
function useShortened({ owner, project }: ViewPlace, search: Search): void {
  const navigate = useNavigate();
  const { s: name, view } = search;
  useEffect(() => {
    const state = name && isOwnName(name) ? longState(name) : null;
    if (!state) return;
    let gone = false;
    const timer = setTimeout(async () => {
      const path = location.pathname;
      const text = toQuery({ view, ...state });
      const hash = await links.make(owner, project, path, text).catch(() => null);
      if (!hash) return; // the name of this tab's own goes on standing for it
      keepLong(hash, state);
      if (!gone) void navigate({ to: ".", search: compact({ view, s: hash }), replace: true });
    }, SETTLE_MS);
    return () => {
      gone = true;
      clearTimeout(timer);
    };
  }, [name, view, owner, project, navigate]);
}

/** A page that is opened without a query is as it was left; what is asked for goes before. */
function useDraft(place: ViewPlace, search: Search, wanted: boolean): void {
  const navigate = useNavigate();
  const opened = useRef(false);
  useEffect(() => {
    if (!wanted) return;
    const first = !opened.current;
    opened.current = true;
    if (first && Object.keys(search).length === 0) {
      const query = leftAs(place.name);
      if (query) void navigate({ to: ".", search: fromQuery(query), replace: true });
    } else {
      const { panel, find, ...rest } = search;
      leave(place.name, toQuery(rest));
    }
  }, [place.name, search, wanted, navigate]);
}

/** A baseline that another page chose; once what was left is there, so that it is a change of that. */
function useAskedBaseline(place: ViewPlace, change: ChangeView, ready: boolean): void {
  useEffect(() => {
    if (!ready) return;
    const base = takeBaseline(place.name);
    if (base !== undefined) change((view) => ({ ...view, base }), { replace: true });
  }, [place.name, change, ready]);
}
