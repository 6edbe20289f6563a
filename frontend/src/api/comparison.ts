/** Runs of any projects beside each other: which they are, what their keys came to, and groups of them. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, said } from "./client";
import type { components } from "./schema.gen";
import type { Run } from "./types";

type Schemas = components["schemas"];

export type Comparison = Schemas["Comparison"];
export type ComparedKey = Schemas["ComparedKey"];
export type GroupsQuestion = Schemas["GroupsQuestion"];
type GroupComparison = Schemas["GroupComparison"];
export type GroupedKey = Schemas["GroupedKey"];
export type GroupSpread = Schemas["GroupSpread"];
export type GroupTest = Schemas["GroupTest"];

export interface FoundRuns {
  items: Run[];
  missing: string[];
}

/** More than these are no comparison but a list. */
export const MOST_COMPARED = 100;

/** Runs by their names `owner/project/id`, in the order asked. */
export const lookupQuery = (runs: readonly string[]) =>
  queryOptions({
    queryKey: ["lookup", runs],
    queryFn: async ({ signal }) => {
      const body = { runs: [...runs], fields: "all" as const };
      return (await said(api.POST("/api/v1/runs/lookup", { body, signal }))) as FoundRuns;
    },
    enabled: runs.length > 0,
    placeholderData: keepPreviousData,
  });

/** What all keys of numbers came to in each run. */
export const compareQuery = (runs: readonly string[]) =>
  queryOptions({
    queryKey: ["compare", runs],
    queryFn: ({ signal }) =>
      said(api.POST("/api/v1/compare", { body: { runs: [...runs] }, signal })),
    enabled: runs.length > 0,
    placeholderData: keepPreviousData,
  });

/** What these keys were when runs came to a step. */
export const stepQuery = (runs: readonly string[], keys: readonly string[], step: number | null) =>
  queryOptions({
    queryKey: ["compare-step", runs, keys, step],
    queryFn: ({ signal }) => {
      const body = { runs: [...runs], keys: [...keys], step };
      return said(api.POST("/api/v1/compare", { body, signal }));
    },
    enabled: runs.length > 0 && keys.length > 0 && step !== null,
    placeholderData: keepPreviousData,
  });

/** Whether groups of runs differ; asked anew only when the question is another. */
export const compareGroupsQuery = (question: GroupsQuestion) =>
  queryOptions({
    queryKey: ["compare-groups", question],
    queryFn: async ({ signal }) => {
      const asking = api.POST("/api/v1/compare/groups", { body: question, signal });
      return (await said(asking)) as GroupComparison; // pairs are pairs
    },
    placeholderData: keepPreviousData,
  });
