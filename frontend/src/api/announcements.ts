/** Keeps what was fetched true: runs and keys that the live connection tells of go into the cache. */
import type { QueryClient } from "@tanstack/react-query";
import { type Handle, type LiveRun, live, type RunChange } from "./live";
import type { RunPages } from "./queries";
import type { ProjectKey, Run } from "./types";

interface RunsKey {
  q: string;
  filter?: string;
  sort: string;
  states: readonly Run["state"][];
}

/** Writes what changed into a loaded list; returns the same object when nothing did. */
export function patchPages(pages: RunPages, runs: LiveRun[], filter: RunsKey): RunPages {
  const news = new Map(runs.map((run) => [run.id, run]));
  let touched = false;
  const next = pages.pages.map((page) => {
    if (!page.items.some((run) => news.has(run.id))) return page;
    touched = true;
    const items = page.items.map((run) => {
      const change = news.get(run.id);
      news.delete(run.id);
      return change ? { ...run, ...change } : run;
    });
    return { ...page, items };
  });
  const [first, ...rest] = next;
  if (!first) return pages;
  // Unknown ones belong on top only where the newest are and nothing is filtered out.
  const joins =
    !filter.q && !filter.filter && !filter.states.length && filter.sort === "-created_at";
  const newest = pages.pages[0]?.items[0]?.created_at ?? 0;
  const added = joins
    ? [...news.values()].filter((run) => (run.created_at ?? 0) >= newest).map(complete)
    : [];
  if (!touched && added.length === 0) return pages;
  added.sort((a, b) => b.created_at - a.created_at);
  const top = {
    ...first,
    items: [...added, ...first.items],
    total: first.total + added.length,
  };
  return { ...pages, pages: [top, ...rest] };
}

/** A run with what is another in it. */
export function changed(run: Run, { summary, unset = [], ...fields }: RunChange): Run {
  if (!summary && unset.length === 0) return { ...run, ...fields };
  const kept = Object.entries(run.summary).filter(([key]) => !unset.includes(key));
  return { ...run, ...fields, summary: { ...Object.fromEntries(kept), ...summary } };
}

/** Writes changes into a loaded list; returns the same object when it has none of the runs. */
export function changePages(pages: RunPages, changes: RunChange[]): RunPages {
  const news = new Map(changes.map((change) => [change.id, change]));
  let touched = false;
  const next = pages.pages.map((page) => {
    if (!page.items.some((run) => news.has(run.id))) return page;
    touched = true;
    const items = page.items.map((run) => {
      const change = news.get(run.id);
      return change ? changed(run, change) : run;
    });
    return { ...page, items };
  });
  return touched ? { ...pages, pages: next } : pages;
}

function complete(run: LiveRun): Run {
  return { config: {}, summary: {}, environment: {}, tags: [], ...run } as Run;
}

/** Adds keys that appeared, at the end. */
export function patchKeys(
  keys: ProjectKey[],
  added: { key: string; kind: "number" | "object" }[],
): ProjectKey[] {
  const known = new Set(keys.map((one) => one.key));
  const fresh = added.filter((one) => !known.has(one.key)).map((one) => ({ ...one, runs: 1 }));
  return fresh.length ? [...keys, ...fresh] : keys;
}

/** Follows a project until the returned handle is closed. */
export function follow(client: QueryClient, owner: string, project: string): Handle {
  const lists = { queryKey: ["runs", owner, project] };
  const states = new Map<string, string | undefined>(); // as last heard
  const recount = () => void client.invalidateQueries({ queryKey: ["project", owner, project] });
  return live.subscribe({
    project: `${owner}/${project}`,
    runs: [],
    keys: [],
    onRuns: (runs) => {
      if (runs.some((run) => states.get(run.id) !== run.state)) recount();
      for (const run of runs) states.set(run.id, run.state);
      for (const [queryKey, pages] of client.getQueriesData<RunPages>(lists)) {
        const filter = queryKey[3] as RunsKey;
        if (pages) client.setQueryData(queryKey, patchPages(pages, runs, filter));
      }
      for (const run of runs) {
        const key = ["run", owner, project, run.id];
        client.setQueryData<Run>(key, (known) => (known ? { ...known, ...run } : known));
      }
    },
    onChanges: (changes) => {
      for (const { id, state } of changes) {
        if (state === undefined) continue;
        if (states.get(id) !== state) recount();
        states.set(id, state);
      }
      for (const [queryKey, pages] of client.getQueriesData<RunPages>(lists)) {
        if (pages) client.setQueryData(queryKey, changePages(pages, changes));
      }
      for (const change of changes) {
        const key = ["run", owner, project, change.id];
        client.setQueryData<Run>(key, (known) => (known ? changed(known, change) : known));
      }
    },
    onKeys: (run, keys) => {
      for (const [queryKey, known] of client.getQueriesData<ProjectKey[]>({
        queryKey: ["keys", owner, project],
      })) {
        const runs = queryKey[3] as string[];
        const concerns = runs.length === 0 || runs.includes(run);
        if (known && concerns) client.setQueryData(queryKey, patchKeys(known, keys));
      }
    },
    onBack: () => {
      recount();
      void client.invalidateQueries(lists);
      void client.invalidateQueries({ queryKey: ["keys", owner, project] });
    },
  });
}
