/** The nouns of the API, as docs/reference/http-api.md gives them. Times are microseconds. */

export type RunState = "running" | "finished" | "failed" | "crashed";
export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };
export type JsonMap = { [key: string]: Json };

export interface User {
  name: string;
  admin: boolean;
  created_at: number;
}

export interface Project {
  owner: string;
  name: string;
  description: string | null;
  created_at: number;
  updated_at: number;
  runs: number;
  running: number;
  role: "viewer" | "member" | "admin";
}

export interface Run {
  id: string;
  name: string;
  owner: string;
  project: string;
  state: RunState;
  color: number;
  created_at: number;
  started_at: number;
  heartbeat_at: number;
  finished_at: number | null;
  exit_code: number | null;
  group: string | null;
  job_type: string | null;
  notes: string | null;
  tags: string[];
  user: string | null;
  config: JsonMap;
  summary: JsonMap;
  environment: JsonMap;
  stop_requested: boolean;
  logged: number | null;
  lost: number | null;
}

export type RunPatch = Partial<Pick<Run, "name" | "notes" | "tags" | "group">> & {
  stop_requested?: true;
};

export interface ProjectKey {
  key: string;
  kind: "number" | "object";
  runs: number;
}

export interface RunKey {
  key: string;
  kind: "number" | "object";
  logged: number;
  last: Json;
  last_step: number;
  low: number | null;
  high: number | null;
  mean: number | null;
}

export interface ApiKey {
  id: string;
  name: string;
  hint: string;
  scope: "read" | "write" | "admin";
  created_at: number;
  last_used_at: number | null;
  key?: string;
}

export interface List<T> {
  items: T[];
  next: string | null;
  total: number;
}

export type XAxis = "step" | "relative" | "wall";
