/**
 * What a run logged that is no number: its keys, its values by step, and the files they name.
 *
 * A series that is known is never fetched again: only what came after its last step is, unless
 * points of it were superseded meanwhile.
 */
import { queryOptions } from "@tanstack/react-query";
import { ApiError, api, said } from "./client";
import type { RunPlace } from "./file-place";
import type { components } from "./schema.gen";
import type { Json } from "./types";

export type RunKey = Omit<components["schemas"]["Key"], "last"> & { last: Json };

export interface Objects {
  logged: number; // as the keys said when this was fetched
  superseded: number;
  step: number[];
  time: number[];
  value: Json[];
  cut: boolean; // there is more than is read
}

const RUN = "/api/v1/projects/{owner}/{project}/runs/{run}";
const PAGE = 5000;
const MOST = 50_000;
const LIVE_MS = 2500;

/** Every key of a run with what is known of it; asked again while the run is at work. */
export const runKeysQuery = ({ owner, project, run }: RunPlace, live: boolean) =>
  queryOptions({
    queryKey: ["run-keys", owner, project, run],
    queryFn: async ({ signal }) => {
      const asking = api.GET(`${RUN}/keys`, { params: { path: { owner, project, run } }, signal });
      return (await said(asking)).keys as RunKey[];
    },
    refetchInterval: live ? LIVE_MS : false,
    staleTime: live ? LIVE_MS : 30_000,
  });

/** The values of one key by step, as far as they can be read here. */
export const objectsQuery = (place: RunPlace, key: RunKey) =>
  queryOptions({
    queryKey: ["objects", place.owner, place.project, place.run, key.key],
    queryFn: async ({ signal, client, queryKey }): Promise<Objects> => {
      const known = client.getQueryData<Objects>(queryKey);
      const goesOn = known && known.superseded === key.superseded && known.logged <= key.logged;
      const fresh = await read(place, key, goesOn ? known.step.at(-1) : undefined, signal);
      return goesOn ? joined(known, fresh) : fresh;
    },
    staleTime: Number.POSITIVE_INFINITY,
  });

async function read(
  { owner, project, run }: RunPlace,
  { key, logged, superseded }: RunKey,
  first: number | undefined,
  signal: AbortSignal,
): Promise<Objects> {
  const found: Objects = { logged, superseded, step: [], time: [], value: [], cut: false };
  let cursor: string | undefined;
  do {
    const asking = api.GET(`${RUN}/points`, {
      params: { path: { owner, project, run }, query: { key, first, limit: PAGE, cursor } },
      signal,
    });
    const page = await said(asking);
    found.step.push(...page.step);
    found.time.push(...page.time);
    found.value.push(...(page.value as Json[]));
    cursor = page.next ?? undefined;
  } while (cursor && found.step.length < MOST);
  return { ...found, cut: cursor !== undefined };
}

/** What was known, and behind it what was read from its last step on. */
export function joined(known: Objects, fresh: Objects): Objects {
  const from = fresh.step[0] ?? Number.POSITIVE_INFINITY;
  const at = known.step.findIndex((step) => step >= from);
  const keep = at < 0 ? known.step.length : at;
  return {
    ...fresh,
    step: [...known.step.slice(0, keep), ...fresh.step],
    time: [...known.time.slice(0, keep), ...fresh.time],
    value: [...known.value.slice(0, keep), ...fresh.value],
    cut: known.cut || fresh.cut,
  };
}

const READ_BYTES = 64 * 1024 * 1024; // what is larger is for downloading

/** The text of a file that a run logged. */
export const fileQuery = (url: string) =>
  queryOptions({
    queryKey: ["file", url],
    queryFn: async ({ signal }) => {
      const answer = await fetched(url, signal);
      return answer.text();
    },
    staleTime: Number.POSITIVE_INFINITY,
    gcTime: 60_000,
  });

async function fetched(url: string, signal: AbortSignal): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(url, { signal, credentials: "same-origin" });
  } catch (error) {
    if (signal.aborted) throw error;
    throw new ApiError(0, { title: "The server cannot be reached.", code: "unreachable" });
  }
  if (!answer.ok) throw new ApiError(answer.status, await problemOf(answer));
  if (Number(answer.headers.get("Content-Length")) > READ_BYTES) {
    throw new ApiError(413, { title: "Too large to be shown; it can be downloaded." });
  }
  return answer;
}

async function problemOf(answer: Response): Promise<{ title?: string; detail?: string }> {
  if (answer.status === 404) return { title: "The file is not here (yet)." };
  try {
    return (await answer.json()) as { detail?: string };
  } catch {
    return {}; // a proxy answered
  }
}
