/** Saved views of a project, personal and shared, and short links to states that are too long for a URL. */
import { queryOptions } from "@tanstack/react-query";
import { api, said } from "./client";
import type { Json } from "./types";

export type ViewKind = "workspace" | "table" | "compare";

/** A view without its content. */
export interface SavedView {
  id: string;
  name: string;
  kind: ViewKind;
  shared: boolean;
  default: boolean;
  owner: string | null;
  revision: number;
  created_at: number;
  updated_at: number;
  mine: boolean;
}

export interface WholeView extends SavedView {
  content: Json;
}

export interface LinkTarget {
  owner: string;
  project: string;
  path: string;
  state: string; // the text of a query
}

interface NewView {
  name: string;
  kind: ViewKind;
  shared?: boolean;
  content: Json;
}

interface ViewChange {
  revision: number;
  name?: string;
  shared?: boolean;
  default?: boolean;
  content?: Json;
}

type Asked = { data?: unknown; error?: unknown; response: Response };
type Ask = (
  method: "get" | "post" | "put" | "delete",
  path: string,
  how?: { body?: unknown; params?: unknown; signal?: AbortSignal },
) => Promise<Asked>;

async function ask<T>(...question: Parameters<Ask>): Promise<T> {
  return (await said((api.request as unknown as Ask)(...question))) as T;
}

const VIEWS = "/api/v1/projects/{owner}/{project}/views";

/** The state of a query as it stands in a view, and back: texts by name. */
export function contentOf(state: Partial<Record<string, string>>): Json {
  return { version: 1, state: state as Record<string, string> };
}

export function stateOf(content: Json): Partial<Record<string, string>> {
  const state =
    typeof content === "object" && content !== null && !Array.isArray(content)
      ? content.state
      : null;
  if (typeof state !== "object" || state === null || Array.isArray(state)) return {};
  const texts = Object.entries(state).filter(
    (one): one is [string, string] => typeof one[1] === "string",
  );
  return Object.fromEntries(texts);
}

export const views = {
  list: (owner: string, project: string, kind: ViewKind) =>
    queryOptions({
      queryKey: ["views", owner, project, kind],
      queryFn: async ({ signal }) => {
        const params = { path: { owner, project }, query: { kind } };
        return (await ask<{ items: SavedView[] }>("get", VIEWS, { params, signal })).items;
      },
    }),
  one: (owner: string, project: string, id: string) =>
    queryOptions({
      queryKey: ["view", owner, project, id],
      queryFn: ({ signal }) =>
        ask<WholeView>("get", `${VIEWS}/{view}`, {
          params: { path: { owner, project, view: id } },
          signal,
        }),
    }),
  create: (owner: string, project: string, body: NewView) =>
    ask<WholeView>("post", VIEWS, { params: { path: { owner, project } }, body }),
  change: (owner: string, project: string, id: string, body: ViewChange) =>
    ask<WholeView>("put", `${VIEWS}/{view}`, {
      params: { path: { owner, project, view: id } },
      body,
    }),
  remove: (owner: string, project: string, id: string) =>
    ask<void>("delete", `${VIEWS}/{view}`, { params: { path: { owner, project, view: id } } }),
};

export const LONGEST = 1800; // characters of a query; above, a short link stands for it

export const links = {
  make: async (owner: string, project: string, path: string, state: string) => {
    const params = { path: { owner, project } };
    const made = await ask<{ hash: string }>("post", "/api/v1/projects/{owner}/{project}/links", {
      params,
      body: { path, state },
    });
    return made.hash;
  },
  query: (hash: string) =>
    queryOptions({
      queryKey: ["link", hash],
      queryFn: ({ signal }) =>
        ask<LinkTarget>("get", "/api/v1/links/{link}", {
          params: { path: { link: hash } },
          signal,
        }),
      staleTime: Number.POSITIVE_INFINITY,
    }),
};
