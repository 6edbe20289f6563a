/**
 * Long states: what is too long for a URL is called by a short name there.
 *
 * The server gives a state its name; until it has, and where it cannot, a name of the tab's own
 * stands for it, which outlives a reload of this tab.
 */
import type { Search } from "./view";

const OWN = "~"; // what names of the tab's own begin with
const stored = (name: string) => `wanllmdb.long.${name}`;
const states = new Map<string, Search>();
let made = 0;

export function isOwnName(name: string): boolean {
  return name.startsWith(OWN);
}

export function ownName(state: Search): string {
  made += 1;
  const name = `${OWN}${made}-${Date.now().toString(36)}`;
  keepLong(name, state);
  return name;
}

export function keepLong(name: string, state: Search): void {
  states.set(name, state);
  try {
    sessionStorage.setItem(stored(name), JSON.stringify(state));
  } catch {
    // Then it lasts as long as the page.
  }
}

export function longState(name: string): Search | null {
  const known = states.get(name);
  if (known) return known;
  try {
    const text = sessionStorage.getItem(stored(name));
    const state = text === null ? null : (JSON.parse(text) as Search);
    if (state) states.set(name, state);
    return state;
  } catch {
    return null;
  }
}
