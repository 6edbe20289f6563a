/** What is known of the code that a run ran. */
import { valueAt } from "./json-map";
import type { Json, Run } from "./types";

export interface Git {
  commit?: string;
  branch?: string;
  remote?: string;
  dirty: boolean;
}

const text = (value: Json | undefined) =>
  typeof value === "string" && value !== "" ? value : undefined;

export function gitOf({ environment }: Pick<Run, "environment">): Git {
  const git = valueAt(environment, "git");
  if (typeof git !== "object" || git === null || Array.isArray(git)) return { dirty: false };
  const [commit, branch, remote] = ["commit", "branch", "remote"].map((name) =>
    text(valueAt(git, name)),
  );
  return {
    ...(commit ? { commit } : {}),
    ...(branch ? { branch } : {}),
    ...(remote ? { remote } : {}),
    dirty: valueAt(git, "dirty") === true,
  };
}

/** The page of the repository where its remote is one of the web; others name no page. */
export function repositoryUrl(remote: string): string | null {
  const scp = /^(?:ssh:\/\/)?git@([\w.-]+)[:/]([\w./~-]+?)(?:\.git)?\/?$/.exec(remote);
  if (scp) return `https://${scp[1]}/${scp[2]}`;
  const web = /^https?:\/\/(?:[^/@]*@)?([\w.:-]+\/[\w./~-]+?)(?:\.git)?\/?$/.exec(remote);
  return web ? `https://${web[1]}` : null;
}

/** The page of its commit, where the repository has one. */
export function commitUrl({ commit, remote }: Git): string | null {
  const page = remote ? repositoryUrl(remote) : null;
  return page && commit && /^[0-9a-f]{7,64}$/.test(commit) ? `${page}/commit/${commit}` : null;
}
