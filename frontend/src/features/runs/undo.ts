/**
 * What was done to a table and can be taken back: 50 steps, kept with the tab, so that they outlive
 * a reload. A step is either another state of the page (its query) or changes of runs.
 */
import type { BulkChange } from "../../api/runs-table";
import type { RunPatch } from "../../api/types";

export type Search = Record<string, string | undefined>;

export type Act =
  | { do: "look"; search: Search }
  | { do: "change"; runs: string[]; change: BulkChange }
  | { do: "patch"; run: string; patch: RunPatch }
  | { do: "trash"; runs: string[] }
  | { do: "restore"; runs: string[] }
  | { do: "move"; runs: string[]; from: string; to: string };

export interface Step {
  id: string;
  text: string; // what was done
  names: string; // what of the query is another; changes of the same in a row are one step
  at: number;
  undo: Act[];
  redo: Act[];
}

export interface Steps {
  past: Step[];
  future: Step[];
}

export const DEPTH = 50;
const ONE_GESTURE_MS = 1200;
const LARGEST = 400_000; // characters of a step; ids of more runs than fit are not kept

export const nothing: Steps = { past: [], future: [] };

/** The steps with one more; a gesture that goes on stays one. */
export function withStep({ past }: Steps, step: Step): Steps {
  const last = past.at(-1);
  const goesOn =
    last !== undefined &&
    step.names !== "" &&
    last.names === step.names &&
    step.at - last.at < ONE_GESTURE_MS;
  const kept = goesOn ? { ...step, undo: last.undo } : step;
  return { past: [...(goesOn ? past.slice(0, -1) : past), kept].slice(-DEPTH), future: [] };
}

export function undone({ past, future }: Steps): [Step, Steps] | null {
  const step = past.at(-1);
  return step ? [step, { past: past.slice(0, -1), future: [...future, step] }] : null;
}

export function redone({ past, future }: Steps): [Step, Steps] | null {
  const step = future.at(-1);
  return step ? [step, { past: [...past, step], future: future.slice(0, -1) }] : null;
}

const nameOf = (place: string) => `wanllmdb.steps.${place}`;

export function readSteps(place: string): Steps {
  try {
    const kept = JSON.parse(sessionStorage.getItem(nameOf(place)) ?? "null") as Steps | null;
    const list = (steps: unknown): Step[] => (Array.isArray(steps) ? steps.slice(-DEPTH) : []);
    return { past: list(kept?.past), future: list(kept?.future) };
  } catch {
    return nothing; // storage is forbidden, or holds what an older page wrote
  }
}

export function keepSteps(place: string, { past, future }: Steps): void {
  try {
    const small = (steps: Step[]) => steps.filter((one) => JSON.stringify(one).length < LARGEST);
    const text = JSON.stringify({ past: small(past), future: small(future) });
    sessionStorage.setItem(nameOf(place), text);
  } catch {
    // Then they last as long as the page.
  }
}
