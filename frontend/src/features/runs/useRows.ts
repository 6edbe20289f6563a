/**
 * The rows of a table of which only a stretch is here: as many as there are have their places, and
 * those in sight are asked for. Runs that appear meanwhile wait until they are let in.
 */
import { useQueries, useQuery, useQueryClient } from "@tanstack/react-query";
import { type RefObject, useCallback, useEffect, useMemo, useRef, useState } from "react";
import { NEWEST, projectQuery } from "../../api/queries";
import { type Asked, ROWS, type Row, rowsQuery } from "../../api/runs-table";
import type { ProjectPlace } from "../../paths";

interface Question extends Asked {
  order: readonly string[];
  figures: readonly string[];
}

interface Held {
  rows: readonly (Row | undefined)[];
  total: number;
}

const TOP: readonly number[] = [0];

/** The pages that hold these rows, and the next one. */
export function pagesOf(first: number, last: number, total: number | null): number[] {
  const end = total === null ? 0 : Math.max(0, Math.ceil(total / ROWS) - 1);
  const from = Math.min(Math.floor(first / ROWS), end);
  const to = Math.min(Math.floor((last + ROWS / 2) / ROWS), end);
  return Array.from({ length: Math.max(1, to - from + 1) }, (_, at) => from + at);
}

export function useRows(place: ProjectPlace, question: Question, ready: boolean) {
  const client = useQueryClient();
  const name = JSON.stringify(question);
  const [sight, look] = useState({ name, pages: TOP });
  const atTop = useRef(true);
  const totals = useRef(new Map<string, number>());
  const wanted = sight.name === name ? sight.pages : TOP;
  const answers = useQueries({
    queries: wanted.map((at) => ({ ...rowsQuery(place, question, at), enabled: ready })),
  });
  const error = answers.find((one) => one.error)?.error ?? null;
  const pages = answers.map((one) => one.data?.pages[0]);
  const known = pages.find((page) => page !== undefined);
  if (known) totals.current.set(name, known.total);

  const held = useRef<Held | null>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the pages stand for what the cache holds
  const now = useMemo((): Held | null => {
    if (!known) return held.current; // what was asked before, until this is answered
    const rows = new Array<Row | undefined>(known.total);
    for (const [at, page] of loadedPages(client, place, question)) {
      page.forEach((run, n) => {
        if (at * ROWS + n < rows.length) rows[at * ROWS + n] = run;
      });
    }
    return { rows, total: known.total };
  }, [name, known, ...[0, 1, 2].map((at) => pages[at])]);
  held.current = now;

  const onRange = useCallback(
    (from: number, to: number) => {
      const pages = pagesOf(from, to, totals.current.get(name) ?? null);
      atTop.current = from === 0;
      // Where the same are asked for, nothing is drawn anew: one scrolls through them.
      look((before) =>
        before.name === name && before.pages.join() === pages.join() ? before : { name, pages },
      );
    },
    [name],
  );
  const again = useCallback(() => {
    const names = ["runs", "project", "run-fields", "run-histograms"];
    for (const one of names) {
      void client.invalidateQueries({ queryKey: [one, place.owner, place.project] });
    }
  }, [client, place.owner, place.project]);
  const { fresh, letIn } = useFresh(place, question, now?.total ?? null, atTop, again);
  return {
    rows: now?.rows ?? [],
    total: now?.total ?? 0,
    there: now !== null,
    error,
    retry: again,
    onRange,
    question: name,
    fresh,
    letIn,
  };
}

type Client = ReturnType<typeof useQueryClient>;

/** What the cache has of a question, page by page. */
function loadedPages(client: Client, place: ProjectPlace, question: Question): [number, Row[]][] {
  const { filter, q, states, order, figures } = question;
  const wanted = JSON.stringify([filter, q, states, order, figures]);
  return client
    .getQueriesData<{ pages: { items: Row[] }[] }>({
      queryKey: ["runs", place.owner, place.project],
    })
    .flatMap(([key, data]): [number, Row[]][] => {
      const of = key[3] as (Question & { at?: number }) | undefined;
      if (of?.at === undefined || !data) return [];
      const same = JSON.stringify([of.filter, of.q, of.states, of.order, of.figures]) === wanted;
      return same ? [[of.at, data.pages[0]?.items ?? []]] : [];
    });
}

/** How many runs appeared since these rows were asked for; at the top of the newest they come in. */
function useFresh(
  place: ProjectPlace,
  { filter, q, states, order }: Question,
  total: number | null,
  atTop: RefObject<boolean>,
  again: () => void,
): { fresh: number; letIn: () => void } {
  const { data } = useQuery(projectQuery(place.owner, place.project));
  const runs = data?.runs ?? null;
  const whole = filter === "" && q === "" && states.length === 0;
  const seen = useRef<{ total: number | null; runs: number | null }>({ total: null, runs: null });
  if (seen.current.total !== total || seen.current.runs === null) seen.current = { total, runs };
  const before = whole ? total : seen.current.runs;
  const fresh = runs === null || before === null ? 0 : Math.max(0, runs - before);
  const letIn = useCallback(() => {
    seen.current = { total: null, runs: null };
    again();
  }, [again]);
  const comes = fresh > 0 && whole && atTop.current && order.join() === NEWEST;
  useEffect(() => {
    if (comes) letIn();
  }, [comes, letIn]);
  return { fresh: comes ? 0 : fresh, letIn };
}
