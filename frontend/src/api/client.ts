/**
 * The client of the API, typed by the server's own description of it, and the one shape that
 * a failure has.
 */
import createClient from "openapi-fetch";
import type { components, paths } from "./schema.gen";

type Problem = Partial<components["schemas"]["Problem"]>;

/** What the server (or the network) said no with. `request` is what its log knows it by. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly request: string | null;
  readonly retryAfter: number | null;

  constructor(status: number, problem: Problem, retryAfter: number | null = null) {
    super(problem.detail ?? problem.title ?? `The server answered ${status}.`);
    this.name = "ApiError";
    this.status = status;
    this.code = problem.code ?? "unknown";
    this.request = problem.instance ?? null;
    this.retryAfter = retryAfter;
  }
}

export type Fetch = (request: Request) => Promise<Response>;

let fetcher: Fetch = (request) => fetch(request);

/** Whoever tests the page brings a server of their own. Returns the one before. */
export function useFetcher(next: Fetch): Fetch {
  const before = fetcher;
  fetcher = next;
  return before;
}

async function reach(request: Request): Promise<Response> {
  try {
    return await fetcher(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw new ApiError(0, { title: "The server cannot be reached.", code: "unreachable" });
  }
}

export const api = createClient<paths>({
  baseUrl: location.origin,
  credentials: "same-origin",
  headers: { "X-Wanllmdb-Csrf": "1" }, // what a form of another site cannot send
  fetch: reach,
});

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** What was answered; an answer that is no success is thrown as ApiError. */
export async function said<T>(asking: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await asking;
  if (response.ok) return data as T;
  // A proxy may have answered something that is no problem document: the status has to do then.
  const problem = typeof error === "object" && error !== null ? (error as Problem) : {};
  const after = Number(response.headers.get("Retry-After"));
  throw new ApiError(response.status, problem, after > 0 ? after : null);
}
