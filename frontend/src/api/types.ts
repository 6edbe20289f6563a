/** The nouns of the API, as its generated description has them. Times are microseconds. */
import type { components } from "./schema.gen";

type Schemas = components["schemas"];

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonMap = { [key: string]: Json };

/** A run whose maps are known to come out of JSON. */
export type Run = Omit<Schemas["Run"], "config" | "summary" | "environment"> & {
  config: JsonMap;
  summary: JsonMap;
  environment: JsonMap;
};
export type RunState = Run["state"];
export type Receipt = Schemas["Receipt"];
export type RunPatch = Schemas["RunPatch"];
export type User = Schemas["User"];
export type Project = Schemas["Project"];
export type ProjectKey = Schemas["CommonKey"];
export type ApiKey = Schemas["ApiKey"];
export type NewApiKey = Schemas["CreatedApiKey"];
/** The axes that every project has. */
export type XAxis = Exclude<NonNullable<Schemas["CurvesQuestion"]["x"]>, "metric">;

export interface List<T> {
  items: T[];
  next: string | null;
  total: number;
}
