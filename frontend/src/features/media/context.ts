/** What every panel of the page shares: whose media these are, and the step that they show. */
import { createContext, useContext, useState } from "react";
import { type FileRef, fileUrl, type RunPlace } from "../../api/file-place";
import type { JsonMap } from "../../api/types";

export interface Shared {
  place: RunPlace;
  config: JsonMap;
  live: boolean;
  synced: boolean; // one step for all panels
  step: number | null; // the step that all show; null is the newest of each
  choose: (step: number | null) => void;
  expand: (key: string | null) => void;
}

const Context = createContext<Shared | null>(null);
export const MediaProvider = Context.Provider;

export function useMedia(): Shared {
  const shared = useContext(Context);
  if (!shared) throw new Error("A panel of media stands outside of its page.");
  return shared;
}

/** Where a file of this run is read. */
export function useUrl(): (file: FileRef) => string | null {
  const { place } = useMedia();
  return (file) => fileUrl(place, file);
}

/** The newest of the steps that is not behind the one asked for; the first if all are. */
export function indexAt(steps: readonly number[], step: number | null): number {
  const last = steps.length - 1;
  if (step === null || last < 0) return last;
  let [low, high] = [0, last];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((steps[middle] as number) <= step) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Which of its values a panel shows, and how to show another one. */
export function useStep(steps: readonly number[]): [number, (at: number) => void] {
  const { synced, step, choose } = useMedia();
  const [own, setOwn] = useState<number | null>(null);
  const set = (at: number) => {
    const next = at >= steps.length - 1 ? null : (steps[at] ?? null);
    setOwn(next);
    if (synced) choose(next);
  };
  return [indexAt(steps, synced ? step : own), set];
}
