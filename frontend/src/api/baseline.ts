/**
 * The run that the others of its project are measured against: chosen on any page, taken up by the
 * workspace when that is opened next, and part of its view from then on.
 */
import type { Run } from "./types";

const ASKED = "wanllmdb.baseline.";
const DRAFT = "wanllmdb.draft.";
const NONE = "-";

interface Place {
  owner: string;
  project: string;
}

const name = ({ owner, project }: Place) => `${owner}/${project}`;

/** The workspace as it was left, as the text of a query; null where nobody knows. */
export function leftAs(place: string): string | null {
  try {
    return localStorage.getItem(DRAFT + place);
  } catch {
    return null; // storage is forbidden: then the URL alone remembers
  }
}

export function leave(place: string, query: string): void {
  try {
    localStorage.setItem(DRAFT + place, query);
  } catch {
    // As above.
  }
}

/** The id of the baseline, as far as it is known before the workspace is opened. */
export function baselineOf(place: Place): string | null {
  try {
    const asked = localStorage.getItem(ASKED + name(place));
    if (asked !== null) return asked === NONE ? null : asked;
  } catch {
    return null; // as above
  }
  return new URLSearchParams(leftAs(name(place)) ?? "").get("base");
}

/** Makes it the baseline; null: there is none any more. */
export function askBaseline(place: Place, run: Run["id"] | null): boolean {
  try {
    localStorage.setItem(ASKED + name(place), run ?? NONE);
    return true;
  } catch {
    return false;
  }
}

/** What was asked for since the workspace was open last, once. Nothing: undefined. */
export function takeBaseline(place: string): string | null | undefined {
  try {
    const asked = localStorage.getItem(ASKED + place);
    if (asked === null) return undefined;
    localStorage.removeItem(ASKED + place);
    return asked === NONE ? null : asked;
  } catch {
    return undefined; // as above
  }
}
