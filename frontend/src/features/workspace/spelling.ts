/**
 * Spelling: a state is what a saved view says, and what the URL says otherwise.
 *
 * Both are names and texts. A name that the saved view has and the state has not is spelled `~`.
 */
import type { Search } from "./view";

const AS_USUAL = "~";
/** Names of the query that tell which state it is, and are no part of it. */
const NOT_OF_THE_STATE = ["view", "s"];

export function withoutPlace(search: Search): Search {
  const kept = Object.entries(search).filter(([name]) => !NOT_OF_THE_STATE.includes(name));
  return Object.fromEntries(kept);
}

/** Only names that say something. */
export function compact(search: Search): Search {
  return Object.fromEntries(Object.entries(search).filter(([, text]) => text !== undefined));
}

export function merged(base: Search, difference: Search): Search {
  const all = { ...base, ...compact(difference) };
  return Object.fromEntries(Object.entries(all).filter(([, text]) => text !== AS_USUAL));
}

export function difference(base: Search, state: Search): Search {
  const found: Search = {};
  for (const name of new Set([...Object.keys(base), ...Object.keys(state)])) {
    if (base[name] !== state[name]) found[name] = state[name] ?? AS_USUAL;
  }
  return found;
}

/** What is looked at for the moment is no edit of a view. */
const FOR_NOW = ["panel", "find", "at"];

export function isEdited(base: Search, state: Search): boolean {
  return Object.keys(difference(base, compact(state))).some((name) => !FOR_NOW.includes(name));
}

export function withoutMoment(state: Search): Search {
  return Object.fromEntries(
    Object.entries(compact(state)).filter(([name]) => !FOR_NOW.includes(name)),
  );
}

export function toQuery(search: Search): string {
  return new URLSearchParams(compact(search) as Record<string, string>).toString();
}

export function fromQuery(text: string): Search {
  return Object.fromEntries(new URLSearchParams(text));
}
