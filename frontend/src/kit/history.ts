/**
 * History: the states of a page before and after this one, 50 deep, kept with the tab so that
 * they outlive a reload. A drag of a slider or a word that is typed is one step.
 */

export type State = Partial<Record<string, string>>; // as a URL spells it
export const DEPTH = 50;
const ONE_GESTURE_MS = 1200;

export interface History {
  past: State[];
  future: State[];
  last: { names: string; at: number } | null; // what the last change changed
}

export const noHistory: History = { past: [], future: [], last: null };

/** The history once `before` was left; `names` tell what was changed, `smooth` that it is a drag. */
export function remembered(
  history: History,
  before: State,
  names: string,
  flowing: boolean,
  now: number,
): History {
  const { past, last } = history;
  const goesOn = flowing && last !== null && last.names === names && now - last.at < ONE_GESTURE_MS;
  return {
    past: goesOn ? past : [...past, before].slice(-DEPTH),
    future: [],
    last: flowing ? { names, at: now } : null,
  };
}

export function undone(history: History, now: State): { history: History; state: State } | null {
  const state = history.past.at(-1);
  if (!state) return null;
  const future = [...history.future, now];
  return { state, history: { past: history.past.slice(0, -1), future, last: null } };
}

export function redone(history: History, now: State): { history: History; state: State } | null {
  const state = history.future.at(-1);
  if (!state) return null;
  const past = [...history.past, now];
  return { state, history: { past, future: history.future.slice(0, -1), last: null } };
}

const name = (place: string) => `wanllmdb.history.${place}`;

export function readHistory(place: string): History {
  try {
    const kept = JSON.parse(
      sessionStorage.getItem(name(place)) ?? "null",
    ) as Partial<History> | null;
    const states = (list: unknown): State[] => (Array.isArray(list) ? list.slice(-DEPTH) : []);
    return { past: states(kept?.past), future: states(kept?.future), last: null };
  } catch {
    return noHistory; // storage is forbidden, or holds what an older page wrote
  }
}

export function keepHistory(place: string, { past, future }: History): void {
  try {
    sessionStorage.setItem(name(place), JSON.stringify({ past, future }));
  } catch {
    // Then it lasts as long as the page.
  }
}
