/** The view of the URL, and how to change it. */
import { useNavigate, useSearch } from "@tanstack/react-router";
import { useCallback, useMemo, useRef } from "react";
import { readView, type View, writeView } from "./view";

export type ChangeView = (change: (view: View) => View, how?: { replace?: boolean }) => void;

export function useView(): [View, ChangeView] {
  const search = useSearch({ strict: false });
  const navigate = useNavigate();
  const view = useMemo(() => readView(search), [search]);
  const latest = useRef({ view, search });
  latest.current = { view, search };
  const change = useCallback<ChangeView>(
    (act, how) => {
      const next = act(latest.current.view);
      latest.current.view = next; // two changes in one tick build on each other
      void navigate({
        to: ".",
        search: { ...latest.current.search, ...writeView(next) },
        replace: how?.replace ?? false,
      });
    },
    [navigate],
  );
  return [view, change];
}
