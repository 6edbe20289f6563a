/** What the parameters of a project's runs say about their figures: importances and correlations. */
import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { api, said } from "./client";
import type { components } from "./schema.gen";

type Schemas = components["schemas"];

export type Importance = Schemas["Importance"];
export type Parameter = Schemas["Parameter"];
export type Correlations = Schemas["Correlations"];
/** What is to be explained, in the runs that are named or that meet the filter. */
export type ImportanceQuestion = Partial<Schemas["ImportanceQuestion"]> & { target: string };
export type CorrelationsQuestion = Partial<Schemas["CorrelationsQuestion"]> & {
  columns: string[];
};

/** It takes seconds of a processor, and the same runs have the same answer. */
const KEPT = 300_000;

export const importanceQuery = (owner: string, project: string, question: ImportanceQuestion) =>
  queryOptions({
    queryKey: ["importance", owner, project, question],
    queryFn: ({ signal }) =>
      said(
        api.POST("/api/v1/projects/{owner}/{project}/importance", {
          params: { path: { owner, project } },
          body: question as Schemas["ImportanceQuestion"],
          signal,
        }),
      ),
    staleTime: KEPT,
    placeholderData: keepPreviousData,
  });

export const correlationsQuery = (owner: string, project: string, question: CorrelationsQuestion) =>
  queryOptions({
    queryKey: ["correlations", owner, project, question],
    queryFn: ({ signal }) =>
      said(
        api.POST("/api/v1/projects/{owner}/{project}/correlations", {
          params: { path: { owner, project } },
          body: question as Schemas["CorrelationsQuestion"],
          signal,
        }),
      ),
    staleTime: KEPT,
    placeholderData: keepPreviousData,
  });
