/** The runs of a workspace: loaded page by page, filtered by the server or by a pattern. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { projectQuery, runsQuery } from "../../api/queries";
import type { Run } from "../../api/types";
import type { ProjectPlace } from "../../paths";
import { pattern } from "./run-filter";
import type { View } from "./view";

const SETTLE_MS = 200; // typing is not asked about letter by letter

export interface WorkspaceRuns {
  items: readonly Run[];
  found: number | null; // those that the filter lets through
  total: number | null; // those that there are
  wrong: string | null; // what is wrong with the pattern
  pending: boolean;
  error: Error | null;
  retry: () => void;
  more: () => void;
}

function useSettled(text: string): string {
  const [settled, settle] = useState(text);
  useEffect(() => {
    const timer = setTimeout(() => settle(text), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [text]);
  return text === "" ? "" : settled;
}

export function useWorkspaceRuns(place: ProjectPlace, { q, regex, latest }: View): WorkspaceRuns {
  const words = useSettled(regex ? "" : q.trim());
  const query = useInfiniteQuery(runsQuery({ ...place, q: words }));
  const { data, error, isPending, hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const loaded = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data]);

  const { data: all } = useQuery(projectQuery(place.owner, place.project));

  const asked = useDeferredValue(regex ? q : "");
  const lastGood = useRef(pattern(""));
  const found = useMemo(() => pattern(asked), [asked]);
  if (!found.wrong) lastGood.current = found;
  const good = found.wrong ? lastGood.current : found;
  const items = useMemo(
    () => (asked ? loaded.filter((run) => good.test(run)) : loaded),
    [loaded, good, asked],
  );

  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  useEffect(() => {
    if (loaded.length < latest) more(); // as many as are to be shown
  }, [loaded.length, latest, more]);

  return {
    items,
    found: asked ? items.length : (data?.pages[0]?.total ?? null),
    total: all?.runs ?? null,
    wrong: found.wrong,
    pending: isPending,
    error: data ? null : error,
    retry: () => void query.refetch(),
    more,
  };
}
