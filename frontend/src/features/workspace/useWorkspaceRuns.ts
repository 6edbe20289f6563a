/** The runs of a workspace: loaded page by page, filtered by the server or by a pattern. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import { ApiError } from "../../api/client";
import { projectQuery, runsQuery } from "../../api/queries";
import type { Run } from "../../api/types";
import type { ProjectPlace } from "../../paths";
import type { Asked } from "./asked";
import { pattern } from "./run-filter";
import { MOST_SHOWN, type View } from "./view";

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

interface Heard {
  asked: Asked;
  wrong: string | null;
}

const EVERYTHING: Heard = { asked: {}, wrong: null };

/** The text as the server is asked, the last good one while it is wrong; null while nobody knows. */
function useAsked(text: string): Heard | null {
  const settled = useSettled(text);
  const [heard, hear] = useState<Heard | null>(null);
  useEffect(() => {
    if (settled === "") return hear(null);
    let left = false;
    const tell = ({ asked, wrong }: Heard) => {
      if (left) return;
      hear((before) => ({ asked: wrong === null ? asked : (before?.asked ?? {}), wrong }));
    };
    import("./asked").then(
      ({ understood }) => tell(understood(settled)),
      (error: Error) => tell({ asked: {}, wrong: error.message }), // the page cannot be reached
    );
    return () => {
      left = true;
    };
  }, [settled]);
  return settled === "" ? EVERYTHING : heard;
}

export function useWorkspaceRuns(
  place: ProjectPlace,
  { q, regex, latest, group }: View,
): WorkspaceRuns {
  const heard = useAsked(regex ? "" : q.trim());
  const { asked: words, wrong } = heard ?? EVERYTHING;
  const query = useInfiniteQuery({
    ...runsQuery({ ...place, ...words }),
    enabled: heard !== null,
  });
  const { data, error, isPending, hasNextPage, isFetchingNextPage, fetchNextPage } = query;
  const refused = words.filter && error instanceof ApiError && error.status === 422;
  const lastData = useRef(data);
  if (data) lastData.current = data;
  const good = refused ? lastData.current : data; // what the server does not take is still typed
  const loaded = useMemo(() => good?.pages.flatMap((page) => page.items) ?? [], [good]);

  const { data: all } = useQuery(projectQuery(place.owner, place.project));

  const asked = useDeferredValue(regex ? q : "");
  const lastGood = useRef(pattern(""));
  const found = useMemo(() => pattern(asked), [asked]);
  if (!found.wrong) lastGood.current = found;
  const matching = found.wrong ? lastGood.current : found;
  const items = useMemo(
    () => (asked ? loaded.filter((run) => matching.test(run)) : loaded),
    [loaded, matching, asked],
  );

  const more = useCallback(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, isFetchingNextPage, fetchNextPage]);
  useEffect(() => {
    const wanted = group.length > 0 ? MOST_SHOWN : latest; // as many as are to be shown
    if (loaded.length < wanted) more();
  }, [loaded.length, latest, group, more]);

  return {
    items,
    found: asked ? items.length : (good?.pages[0]?.total ?? null),
    total: all?.runs ?? null,
    wrong: found.wrong ?? wrong ?? (refused ? error.message : null),
    pending: isPending && !good,
    error: good ? null : error,
    retry: () => void query.refetch(),
    more,
  };
}
