/** Everything the page asks for, as queries: what it is called in the cache and how it is got. */
import {
  type InfiniteData,
  infiniteQueryOptions,
  keepPreviousData,
  QueryClient,
  queryOptions,
} from "@tanstack/react-query";
import { ApiError, at, json } from "./client";
import type { ApiKey, List, Project, ProjectKey, Run, RunKey, RunPatch, User } from "./types";

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

export interface ServerInfo {
  version: string;
  sign_in: string[];
}

export const serverQuery = queryOptions({
  queryKey: ["server"],
  queryFn: ({ signal }) => json<ServerInfo>("/server", { signal }),
  staleTime: Number.POSITIVE_INFINITY,
});

export const meQuery = queryOptions({
  queryKey: ["me"],
  queryFn: ({ signal }) => json<{ user: User; scope: string }>("/me", { signal }),
  staleTime: 300_000,
});

export const projectsQuery = (q: string) =>
  queryOptions({
    queryKey: ["projects", q],
    queryFn: ({ signal }) => json<List<Project>>("/projects", { query: { q, limit: 500 }, signal }),
    placeholderData: keepPreviousData,
    refetchInterval: 5000,
    staleTime: 2000,
  });

export const projectQuery = (owner: string, project: string) =>
  queryOptions({
    queryKey: ["project", owner, project],
    queryFn: ({ signal }) => json<Project>(at(owner, project), { signal }),
  });

export interface RunsQuestion {
  owner: string;
  project: string;
  q?: string;
  state?: string;
  sort?: string;
}

export type RunPages = InfiniteData<List<Run>, string | null>;
export const NEWEST = "-created_at";
const PAGE = 200;

export const runsQuery = ({ owner, project, q = "", state = "", sort = NEWEST }: RunsQuestion) =>
  infiniteQueryOptions({
    queryKey: ["runs", owner, project, { q, state, sort }],
    queryFn: ({ pageParam, signal }) =>
      json<List<Run>>(`${at(owner, project)}/runs`, {
        query: { q, state, sort, limit: PAGE, cursor: pageParam },
        signal,
      }),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next,
    placeholderData: keepPreviousData,
  });

export const runQuery = (owner: string, project: string, run: string) =>
  queryOptions({
    queryKey: ["run", owner, project, run],
    queryFn: ({ signal }) => json<Run>(at(owner, project, run), { signal }),
  });

export const runKeysQuery = (owner: string, project: string, run: string) =>
  queryOptions({
    queryKey: ["run-keys", owner, project, run],
    queryFn: async ({ signal }) => {
      const answer = await json<{ keys: RunKey[] }>(`${at(owner, project, run)}/keys`, { signal });
      return answer.keys;
    },
  });

/** Keys of some runs; of the whole project when none is named. */
export const keysQuery = (owner: string, project: string, runs: string[] = []) =>
  queryOptions({
    queryKey: ["keys", owner, project, runs],
    queryFn: async ({ signal }) => {
      const path = `${at(owner, project)}/keys`;
      return (await json<{ keys: ProjectKey[] }>(path, { query: { run: runs }, signal })).keys;
    },
  });

export const apiKeysQuery = queryOptions({
  queryKey: ["api-keys"],
  queryFn: ({ signal }) => json<List<ApiKey>>("/keys", { signal }),
});

/** What changes something at the server. */
export const change = {
  signIn: (username: string, password: string) =>
    json<{ user: User }>("/auth/login", { method: "POST", body: { username, password } }),
  signInOnce: (token: string) =>
    json<{ user: User }>("/auth/one-time", { method: "POST", body: { token } }),
  signOut: () => json<void>("/auth/logout", { method: "POST" }),
  password: (current: string, password: string) =>
    json<void>("/me/password", {
      method: "POST",
      body: current ? { current, password } : { password },
    }),
  run: (owner: string, project: string, run: string, patch: RunPatch) =>
    json<Run>(at(owner, project, run), { method: "PATCH", body: patch }),
  deleteRun: (owner: string, project: string, run: string) =>
    json<void>(at(owner, project, run), { method: "DELETE" }),
  createKey: (name: string, scope: ApiKey["scope"]) =>
    json<ApiKey>("/keys", { method: "POST", body: { name, scope } }),
  deleteKey: (id: string) => json<void>(`/keys/${encodeURIComponent(id)}`, { method: "DELETE" }),
};
