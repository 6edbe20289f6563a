/**
 * What a run printed: pages of its lines by their numbers, and the lines that a search finds.
 *
 * A page that is full never changes but for the last lines, which a progress bar may rewrite.
 */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, said } from "./client";
import type { components } from "./schema.gen";

type ConsolePage = components["schemas"]["ConsolePage"];
export type ConsoleLine = components["schemas"]["ConsoleLine"];
export type Stream = ConsoleLine["stream"];

interface RunPlace {
  owner: string;
  project: string;
  run: string;
}

export const PAGE = 500;
const LIVE_MS = 1500;
const CONSOLE = "/api/v1/projects/{owner}/{project}/runs/{run}/console";

/** How many lines there are; asked again while the run goes on. */
export const consoleSizeQuery = ({ owner, project, run }: RunPlace, live: boolean) =>
  queryOptions({
    queryKey: ["console", owner, project, run, "size"],
    queryFn: ({ signal }): Promise<ConsolePage> =>
      said(
        api.GET(CONSOLE, {
          params: { path: { owner, project, run }, query: { limit: 1 } },
          signal,
        }),
      ),
    refetchInterval: live ? LIVE_MS : false,
    staleTime: live ? 0 : 30_000,
  });

/** The lines from `page * PAGE` on; `size` of them are there. The last page may be rewritten. */
export const consolePageQuery = (
  { owner, project, run }: RunPlace,
  { page, size, live }: { page: number; size: number; live: boolean },
) =>
  queryOptions({
    queryKey: ["console", owner, project, run, "page", page, size],
    queryFn: async ({ signal }): Promise<ConsoleLine[]> => {
      const query = { after: page * PAGE - 1, limit: PAGE };
      const asking = api.GET(CONSOLE, { params: { path: { owner, project, run }, query }, signal });
      return (await said(asking)).lines;
    },
    refetchInterval: live ? LIVE_MS : false,
    staleTime: live ? 0 : Number.POSITIVE_INFINITY,
    placeholderData: keepPreviousData,
  });

export interface Wanted {
  q: string;
  regex: boolean;
  case: boolean;
  stream: Stream | null;
  writer: string; // empty: all of them
}

/** The lines that are wanted, from the first on. */
export const consoleSearchQuery = ({ owner, project, run }: RunPlace, wanted: Wanted) =>
  infiniteQueryOptions({
    queryKey: ["console", owner, project, run, "search", wanted],
    queryFn: ({ pageParam, signal }): Promise<ConsolePage> => {
      const { q, regex, stream, writer } = wanted;
      const query = {
        limit: PAGE,
        case: wanted.case,
        regex,
        ...(q ? { q } : {}),
        ...(stream ? { stream } : {}),
        ...(writer ? { writer } : {}),
        ...(pageParam === null ? {} : { after: pageParam }),
      };
      return said(api.GET(CONSOLE, { params: { path: { owner, project, run }, query }, signal }));
    },
    initialPageParam: null as number | null,
    getNextPageParam: (page) => page.after ?? null,
    placeholderData: keepPreviousData,
  });
