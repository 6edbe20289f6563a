/** What a table of runs asks besides the runs: fields, groups, changes of many, the bin, files of all. */
import { infiniteQueryOptions, keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, said } from "./client";
import type { RunPages } from "./queries";
import type { Json, List, Run, RunState } from "./types";

interface Place {
  owner: string;
  project: string;
}

/** Which runs: all that meet a filter. */
export interface Asked {
  filter: string;
  q: string;
  states: readonly RunState[];
}

/** Those that are named, or all that meet a filter. */
export type Meant = { runs: string[] } | (Asked & { all: true });

export interface RunField {
  key: string;
  kind: "number" | "text" | "boolean" | "mixed" | "other";
  runs: number;
  differs: boolean;
}

export interface RunFields {
  runs: number;
  config: RunField[];
  summary: RunField[];
}

export interface Aggregate {
  count: number;
  mean: number | null;
  min: number | null;
  max: number | null;
  std: number | null;
}

export interface RunGroup {
  values: Json[];
  runs: number;
  states: Partial<Record<RunState, number>>;
  columns: Record<string, Aggregate>;
  filter: string; // lists the runs of the group
}

export interface RunGroups {
  items: RunGroup[];
  total: number;
  next: string | null;
}

interface GroupsQuestion extends Asked {
  by: string[];
  columns: string[];
  order: string;
}

export interface BulkChange {
  notes?: string | null;
  add_tags?: string[];
  remove_tags?: string[];
  group?: string | null;
}

export interface BulkAnswer {
  changed: number;
  before: { id: string; tags: string[]; group: string | null }[];
}

const MOST_COLUMNS = 64; // of one question

export const EXPORTS = ["csv", "json", "parquet"] as const;
export type ExportFormat = (typeof EXPORTS)[number];

const RUNS = "/api/v1/projects/{owner}/{project}/runs";

type Post = (path: string, how: object) => Promise<{ data?: unknown; response: Response }>;

/** What one of the questions about many runs is answered. */
export async function post<T>(
  place: Place,
  what: string,
  body: object,
  how: object = {},
): Promise<T> {
  const params = { path: { owner: place.owner, project: place.project } };
  return (await said(
    (api.POST as unknown as Post)(`${RUNS}/${what}`, { params, body, ...how }),
  )) as T;
}

export const fieldsQuery = (place: Place, asked: Asked) =>
  queryOptions({
    queryKey: ["run-fields", place.owner, place.project, asked],
    queryFn: ({ signal }) => post<RunFields>(place, "fields", asked, { signal }),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    retry: false,
  });

export const groupsQuery = (place: Place, question: GroupsQuestion) =>
  infiniteQueryOptions({
    queryKey: ["run-groups", place.owner, place.project, question],
    queryFn: ({ pageParam, signal }) =>
      post<RunGroups>(place, "groups", { ...question, limit: 200, cursor: pageParam }, { signal }),
    initialPageParam: null as string | null,
    getNextPageParam: ({ next }) => next,
    placeholderData: keepPreviousData,
  });

export const many = {
  change: (place: Place, meant: Meant, change: BulkChange) =>
    post<BulkAnswer>(place, "bulk", { ...meant, ...change }),
  move: (place: Place, meant: Meant, to: string) =>
    post<{ moved: number; runs: string[] }>(place, "move", { ...meant, to }),
  trash: (place: Place, meant: Meant) =>
    post<{ deleted: number; runs: string[] }>(place, "trash", meant),
  restore: (place: Place, runs: string[]) => post<{ restored: number }>(place, "restore", { runs }),
  export: (
    place: Place,
    question: Asked & { order: string[]; columns: string[] | null; format: ExportFormat },
  ) => post<Blob>(place, "export", question, { parseAs: "blob" }),
};

export const ROWS = 100; // of a table that are asked for at once
const LIVE_MS = 10_000; // figures of runs that go on are asked for again

/** A run with the figures of what it logged that the table shows: `min.loss`. */
export type Row = Run & { figures?: Record<string, Json> };

interface RowsQuestion extends Asked {
  order: readonly string[];
  figures: readonly string[];
}

/**
 * The rows of a table from a place on, kept as a page of a list, so that live changes find them.
 * `sort` says nothing there: runs that appear do not come into the middle of what is read.
 */
export const rowsQuery = (place: Place, question: RowsQuestion, at: number) => {
  const { filter, q, states, order, figures } = question;
  return queryOptions({
    queryKey: [
      "runs",
      place.owner,
      place.project,
      { q, filter, states, sort: "", order, figures, at },
    ],
    queryFn: async ({ signal }): Promise<RunPages> => {
      const body = { filter, q, states, order, offset: at * ROWS, limit: ROWS };
      const list = await post<List<Run>>(place, "search", body, { signal });
      const items = figures.length ? await withFigures(place, list.items, figures) : list.items;
      return { pages: [{ ...list, items }], pageParams: [null] };
    },
    gcTime: 60_000, // who goes through a hundred thousand does not keep them all
    refetchInterval: ({ state }) => {
      const going = state.data?.pages[0]?.items.some((run) => run.state === "running");
      return figures.length && going ? LIVE_MS : false;
    },
  });
};

async function withFigures(
  place: Place,
  runs: readonly Run[],
  columns: readonly string[],
): Promise<Row[]> {
  if (runs.length === 0) return [];
  const filter = `id in (${runs.map(({ id }) => JSON.stringify(id)).join(", ")})`;
  const body = { filter, columns, limit: runs.length };
  const found = await post<{ runs: string[]; columns: Record<string, Json[]> }>(
    place,
    "columns",
    body,
  );
  const placeOf = new Map(found.runs.map((id, at) => [id, at]));
  return runs.map((run) => {
    const at = placeOf.get(run.id);
    if (at === undefined) return run;
    const said = columns.map((name): [string, Json] => [name, found.columns[name]?.[at] ?? null]);
    return { ...run, figures: Object.fromEntries(said) };
  });
}

/** The ids of a stretch of the table, in its order. */
export async function idsOf(
  place: Place,
  asked: Asked,
  order: readonly string[],
  first: number,
  last: number,
): Promise<string[]> {
  const body = { ...asked, order, columns: [], limit: last + 1 };
  const { runs } = await post<{ runs: string[] }>(place, "columns", body);
  return runs.slice(first);
}

export interface Histogram {
  runs: number;
  edges: number[];
  counts: number[];
  values: { value: string; runs: number }[];
}

const TOGETHER_MS = 15;

interface Gathered {
  columns: Set<string>;
  answer: Promise<Record<string, Histogram>>;
}

const gathered = new Map<string, Gathered>();

/** The histogram of a column; those that are asked for in the same moment go as one question. */
function histogram(place: Place, asked: Asked, column: string): Promise<Histogram | null> {
  const name = JSON.stringify([place, asked]);
  const open = gathered.get(name);
  if (open && open.columns.size < MOST_COLUMNS) {
    open.columns.add(column);
    return open.answer.then((found) => found[column] ?? null);
  }
  const columns = new Set([column]);
  const answer = new Promise((done) => setTimeout(done, TOGETHER_MS)).then(async () => {
    gathered.delete(name);
    const body = { ...asked, columns: [...columns] };
    return (await post<{ columns: Record<string, Histogram> }>(place, "histograms", body)).columns;
  });
  gathered.set(name, { columns, answer });
  return answer.then((found) => found[column] ?? null);
}

export const histogramQuery = (place: Place, asked: Asked, column: string) =>
  queryOptions({
    queryKey: ["run-histograms", place.owner, place.project, asked, column],
    queryFn: () => histogram(place, asked, column),
    placeholderData: keepPreviousData,
    staleTime: 60_000,
    retry: false,
  });

/** A run in the bin, and since when it lies there. */
export type BinnedRun = Run & { deleted_at: number };

export interface Bin {
  items: BinnedRun[];
  total: number;
  days: number; // until what lies there is removed
}

export const binQuery = (place: Place) =>
  queryOptions({
    queryKey: ["run-bin", place.owner, place.project],
    queryFn: async ({ signal }) => {
      const path = { owner: place.owner, project: place.project };
      return (await said(api.GET(`${RUNS}/trash`, { params: { path }, signal }))) as unknown as Bin;
    },
    staleTime: 0,
  });

const OF_GROUP = 200;

/** The newest runs of a group. */
export const groupRunsQuery = (place: Place, { filter, q, states }: Asked) =>
  queryOptions({
    queryKey: ["run-groups", place.owner, place.project, "runs", { filter, q, states }],
    queryFn: async ({ signal }) => {
      const path = { owner: place.owner, project: place.project };
      const state = states.length ? [...states] : undefined;
      const query = { filter, q: q || undefined, state, limit: OF_GROUP };
      return (await said(api.GET(RUNS, { params: { path, query }, signal }))) as List<Run>;
    },
  });
