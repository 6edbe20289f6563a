/** The files of a run, and the alerts that its script gave. */
import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { api, said } from "./client";
import type { components } from "./schema.gen";

export type RunFile = components["schemas"]["File"];
export type Alert = components["schemas"]["Alert"];

interface RunPlace {
  owner: string;
  project: string;
  run: string;
}

const RUN = "/api/v1/projects/{owner}/{project}/runs/{run}";
const PAGE = 1000;
const LIVE_MS = 5000;

export const filesQuery = ({ owner, project, run }: RunPlace, live: boolean) =>
  infiniteQueryOptions({
    queryKey: ["files", owner, project, run],
    queryFn: ({ pageParam, signal }) =>
      said(
        api.GET(`${RUN}/files`, {
          params: {
            path: { owner, project, run },
            query: { limit: PAGE, ...(pageParam === null ? {} : { cursor: pageParam }) },
          },
          signal,
        }),
      ),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    refetchInterval: live ? LIVE_MS : false,
  });

/** Where the bytes of a file are. */
export function fileUrl({ owner, project, run }: RunPlace, path: string): string {
  const place = [owner, project, "runs", run, "files"].map(encodeURIComponent).join("/");
  return `/api/v1/projects/${place}/${path.split("/").map(encodeURIComponent).join("/")}`;
}

const MOST_TEXT = 512 * 1024; // more of a file is not shown in place

/** The beginning of a file as text; null for one that is none. */
export const textQuery = (place: RunPlace, file: RunFile) =>
  queryOptions({
    queryKey: ["text", file.digest],
    queryFn: async ({ signal }): Promise<{ text: string; cut: boolean } | null> => {
      const answer = await fetch(fileUrl(place, file.path), {
        headers: { Range: `bytes=0-${MOST_TEXT - 1}` },
        signal,
      });
      if (!answer.ok && answer.status !== 416) throw new Error(`The server said ${answer.status}.`);
      const bytes = answer.status === 416 ? new ArrayBuffer(0) : await answer.arrayBuffer();
      const text = new TextDecoder().decode(bytes);
      return text.includes("\0") ? null : { text, cut: file.size > MOST_TEXT };
    },
    staleTime: Number.POSITIVE_INFINITY,
  });

export const alertsQuery = ({ owner, project, run }: RunPlace, live: boolean) =>
  queryOptions({
    queryKey: ["alerts", owner, project, run],
    queryFn: ({ signal }) =>
      said(
        api.GET(`${RUN}/alerts`, {
          params: { path: { owner, project, run }, query: { limit: 100 } },
          signal,
        }),
      ),
    refetchInterval: live ? LIVE_MS : false,
  });
