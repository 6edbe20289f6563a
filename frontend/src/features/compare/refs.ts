/** Names of runs across projects: `owner/project/id`, and how people paste and URLs carry them. */
import type { Run } from "../../api/types";
import type { ProjectPlace } from "../../paths";

export function refOf({ owner, project, id }: Pick<Run, "owner" | "project" | "id">): string {
  return `${owner}/${project}/${id}`;
}

/** The part of a link that names a run: `…/owner/project/runs/id/…`. */
const LINK = /^https?:\/\/[^/]+\/([^/]+)\/([^/]+)\/runs\/([^/?#]+)/;

function readOne(word: string, place: ProjectPlace | null): string | null {
  const linked = LINK.exec(word);
  if (linked) return linked.slice(1, 4).map(decodeURIComponent).join("/");
  const parts = word.split("/");
  if (parts.length >= 3) return parts.every(Boolean) ? word : null;
  return parts.length === 1 && place ? `${place.owner}/${place.project}/${word}` : null;
}

export interface ReadRefs {
  refs: string[]; // each once, in the order given
  unread: string[]; // words that name no run here
}

/** Names, links and, within a project, plain ids, apart by commas, semicolons or line ends. */
export function readRefs(text: string, place: ProjectPlace | null): ReadRefs {
  const words = text.split(/[,;\n\t]+/).map((word) => word.trim());
  const refs = new Set<string>();
  const unread: string[] = [];
  for (const word of words.filter(Boolean)) {
    const ref = readOne(word, place);
    if (ref) refs.add(ref);
    else unread.push(word);
  }
  return { refs: [...refs], unread };
}

/** As a URL carries them: without the project where the page is the project's own. */
export function writeRefs(refs: readonly string[], place: ProjectPlace | null): string | undefined {
  const here = place ? `${place.owner}/${place.project}/` : null;
  const short = (ref: string) => (here && ref.startsWith(here) ? ref.slice(here.length) : ref);
  return refs.map(short).join(",") || undefined;
}

/** The list with one of its items somewhere else. */
export function moved<T>(list: readonly T[], item: T, to: number): T[] {
  const rest = list.filter((one) => one !== item);
  rest.splice(Math.max(0, Math.min(rest.length, to)), 0, item);
  return rest;
}
