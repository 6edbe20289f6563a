/** Files of runs: where they are read. It stands alone, so that a worker can use it as well. */

export interface RunPlace {
  owner: string;
  project: string;
  run: string;
}

export interface FileRef {
  path: string;
  digest: string | null; // its SHA-256, or how it begins: then the browser may keep the file
}

/** Null for a name that no file can have. */
export function fileUrl(
  { owner, project, run }: RunPlace,
  { path, digest }: FileRef,
): string | null {
  const parts = path.split("/");
  // A browser would follow these to somewhere else.
  if (parts.some((part) => part === "" || part === "." || part === "..")) return null;
  const at = [owner, project, "runs", run, "files", ...parts].map(encodeURIComponent).join("/");
  const known = digest && /^[0-9a-f]{16,64}$/.test(digest) ? `?digest=${digest}` : "";
  return `/api/v1/projects/${at}${known}`;
}

/** The beginning of the digest that stands in the name of a medium. */
export function digestOf(path: string): string | null {
  return /_([0-9a-f]{20})\.[^/]*$/.exec(path)?.[1] ?? null;
}
