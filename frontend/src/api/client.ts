/** One request to the server, and the one shape that a failure has. */

export interface Problem {
  title?: string;
  status?: number;
  detail?: string;
  code?: string;
  instance?: string;
}

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

export interface Ask {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  query?: Record<string, string | number | string[] | null | undefined>;
  body?: unknown;
  accept?: string;
  signal?: AbortSignal | undefined;
}

export type Fetch = (input: string, init: RequestInit) => Promise<Response>;

const BASE = "/api/v1";
let fetcher: Fetch = (input, init) => fetch(input, init);

/** Whoever tests the page brings a server of their own. Returns the one before. */
export function useFetcher(next: Fetch): Fetch {
  const before = fetcher;
  fetcher = next;
  return before;
}

function address(path: string, query: Ask["query"]): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value === null || value === undefined || value === "") continue;
    for (const one of Array.isArray(value) ? value : [value]) params.append(name, String(one));
  }
  const text = params.toString();
  return `${BASE}${path}${text ? `?${text}` : ""}`;
}

/** The answer as it came; an answer that is no success is thrown as ApiError. */
export async function request(path: string, ask: Ask = {}): Promise<Response> {
  const method = ask.method ?? "GET";
  const headers: Record<string, string> = { Accept: ask.accept ?? "application/json" };
  if (method !== "GET") headers["X-Wanllmdb-Csrf"] = "1";
  if (ask.body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetcher(address(path, ask.query), {
      method,
      headers,
      credentials: "same-origin",
      ...(ask.body === undefined ? {} : { body: JSON.stringify(ask.body) }),
      ...(ask.signal ? { signal: ask.signal } : {}),
    });
  } catch (error) {
    if (error instanceof DOMException && error.name === "AbortError") throw error;
    throw new ApiError(0, { title: "The server cannot be reached.", code: "unreachable" });
  }
  if (response.ok) return response;
  throw await failure(response);
}

async function failure(response: Response): Promise<ApiError> {
  const after = Number(response.headers.get("Retry-After"));
  let problem: Problem = {};
  try {
    problem = (await response.json()) as Problem;
  } catch {
    // Not a problem document (a proxy answered, say): the status alone has to do.
  }
  return new ApiError(response.status, problem, after > 0 ? after : null);
}

export async function json<T>(path: string, ask: Ask = {}): Promise<T> {
  const response = await request(path, ask);
  return (response.status === 204 ? undefined : await response.json()) as T;
}

/** The path of a project or a run under the API. */
export function at(owner: string, project: string, run?: string): string {
  const base = `/projects/${encodeURIComponent(owner)}/${encodeURIComponent(project)}`;
  return run === undefined ? base : `${base}/runs/${encodeURIComponent(run)}`;
}
