/** Everything the page asks for, as queries: what it is called in the cache and how it is got. */
import {
  type InfiniteData,
  infiniteQueryOptions,
  keepPreviousData,
  QueryClient,
  queryOptions,
} from "@tanstack/react-query";
import { ApiError, api, said } from "./client";
import type { ApiKey, List, Run, RunPatch } from "./types";

export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 30_000,
      refetchOnWindowFocus: false,
      retry: (failures, error) =>
        failures < 2 && error instanceof ApiError && (error.status === 0 || error.status >= 500),
    },
  },
});

const RUN = "/api/v1/projects/{owner}/{project}/runs/{run}";

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => said(api.GET("/api/v1/me", { signal })),
  staleTime: 300_000,
});

export const projectsQuery = (q: string) =>
  queryOptions({
    queryKey: ["projects", q],
    queryFn: ({ signal }) =>
      said(
        api.GET("/api/v1/projects", {
          params: { query: { q: q || undefined, limit: 500 } },
          signal,
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: 5000,
    staleTime: 2000,
  });

export const projectQuery = (owner: string, project: string) =>
  queryOptions({
    queryKey: ["project", owner, project],
    queryFn: ({ signal }) =>
      said(
        api.GET("/api/v1/projects/{owner}/{project}", {
          params: { path: { owner, project } },
          signal,
        }),
      ),
  });

export interface RunsQuestion {
  owner: string;
  project: string;
  q?: string;
  filter?: string; // in the filter language
  sort?: string; // several with commas in between
  states?: readonly Run["state"][];
}

export type RunPages = InfiniteData<List<Run>, string | null>;
export const NEWEST = "-created_at";
const PAGE = 200;

export const runsQuery = (question: RunsQuestion) => {
  const { owner, project, q = "", sort = NEWEST, states = [], filter = "" } = question;
  return infiniteQueryOptions({
    queryKey: ["runs", owner, project, { q, sort, states, filter }],
    queryFn: ({ pageParam, signal }) =>
      /[,%]/.test(sort)
        ? searched(question, pageParam, signal)
        : listed(question, pageParam, signal),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });
};

type Ask = (
  question: RunsQuestion,
  cursor: string | null,
  signal: AbortSignal,
) => Promise<List<Run>>;

const listed: Ask = async ({ owner, project, q, sort, states, filter }, cursor, signal) => {
  const state = states?.length ? [...states] : undefined;
  const asking = api.GET("/api/v1/projects/{owner}/{project}/runs", {
    params: {
      path: { owner, project },
      query: {
        q: q || undefined,
        state,
        sort: sort ?? NEWEST,
        filter: filter || undefined,
        limit: PAGE,
        cursor,
      },
    },
    signal,
  });
  return (await said(asking)) as List<Run>; // all fields were asked for
};

/** By several columns; keys are escaped as in the URL. */
const searched: Ask = async (question, cursor, signal) => {
  const { owner, project, q = "", sort = NEWEST, states = [], filter = "" } = question;
  const asking = api.POST("/api/v1/projects/{owner}/{project}/runs/search", {
    params: { path: { owner, project } },
    body: {
      q,
      states: [...states],
      filter,
      order: sort
        .split(",")
        .map((one) => one.replaceAll("%7E", "~").replaceAll("%2C", ",").replaceAll("%25", "%")),
      limit: PAGE,
      offset: 0,
      cursor,
      fields: "all",
    },
    signal,
  });
  return (await said(asking)) as List<Run>;
};

export const runQuery = (owner: string, project: string, run: string) =>
  queryOptions({
    queryKey: ["run", owner, project, run],
    queryFn: async ({ signal }) =>
      (await said(api.GET(RUN, { params: { path: { owner, project, run } }, signal }))) as Run,
  });

const OPEN_AGAIN_MS = 5000; // an account that is open may be closed soon

/** The account of a run, by what was counted as it came; anew when its state is another. */
export const receiptQuery = (owner: string, project: string, run: string, state: Run["state"]) =>
  queryOptions({
    queryKey: ["receipt", owner, project, run, state],
    queryFn: ({ signal }) =>
      said(api.GET(`${RUN}/receipt`, { params: { path: { owner, project, run } }, signal })),
    placeholderData: keepPreviousData,
    refetchInterval: ({ state }) => (state.data?.state === "open" ? OPEN_AGAIN_MS : false),
  });

/** Keys of some runs; of the whole project when none is named. */
export const keysQuery = (owner: string, project: string, runs: string[] = []) =>
  queryOptions({
    queryKey: ["keys", owner, project, runs],
    queryFn: async ({ signal }) => {
      const asking = api.GET("/api/v1/projects/{owner}/{project}/keys", {
        params: { path: { owner, project }, query: { run: runs } },
        signal,
      });
      return (await said(asking)).keys;
    },
  });

export const apiKeysQuery = queryOptions({
  queryKey: ["api-keys"],
  queryFn: ({ signal }) => said(api.GET("/api/v1/keys", { signal })),
});

/** What changes something at the server. */
export const change = {
  signIn: (username: string, password: string) =>
    said(api.POST("/api/v1/auth/login", { body: { username, password } })),
  signInOnce: (token: string) => said(api.POST("/api/v1/auth/one-time", { body: { token } })),
  signOut: () => said(api.POST("/api/v1/auth/logout")),
  password: (current: string, password: string) =>
    said(api.POST("/api/v1/me/password", { body: { password, ...(current ? { current } : {}) } })),
  run: async (owner: string, project: string, run: string, body: RunPatch) =>
    (await said(api.PATCH(RUN, { params: { path: { owner, project, run } }, body }))) as Run,
  recount: (owner: string, project: string, run: string) =>
    said(
      api.GET(`${RUN}/receipt`, {
        params: { path: { owner, project, run }, query: { recount: true } },
      }),
    ),
  deleteRun: (owner: string, project: string, run: string) =>
    said(api.DELETE(RUN, { params: { path: { owner, project, run } } })),
  createKey: (name: string, scope: ApiKey["scope"]) =>
    said(api.POST("/api/v1/keys", { body: { name, scope } })),
  deleteKey: (id: number) => said(api.DELETE("/api/v1/keys/{id}", { params: { path: { id } } })),
};
