/**
 * What the URL says of a comparison: which runs, which part of it is open, how each part is looked
 * at. A saved view keeps the same; there all runs stand with their projects.
 */
import type { ProjectPlace } from "../../paths";
import { readRefs, writeRefs } from "./refs";

const NAMES = [
  ...["ids", "base", "tab"], // which runs, and where one is
  ...["keys", "val", "at", "sort"], // figures
  ...["find", "parts", "rows"], // differences
  ...["x", "smooth", "log", "machine"], // curves
  ...["by", "hands", "value", "pair"], // groups
] as const;

export type StateName = (typeof NAMES)[number];
export type CompareState = Partial<Record<StateName, string>>;
export type Change = Partial<Record<StateName, string | undefined>>;

/** What of a query is known here. */
export function stateFrom(search: Partial<Record<string, string>>): CompareState {
  return Object.fromEntries(NAMES.flatMap((name) => (search[name] ? [[name, search[name]]] : [])));
}

/** The names in which two states differ. */
export function changedNames(one: CompareState, other: CompareState): StateName[] {
  return NAMES.filter((name) => (one[name] ?? "") !== (other[name] ?? ""));
}

const RUNS = ["ids", "base"] as const;

function renamed(state: CompareState, from: ProjectPlace | null, to: ProjectPlace | null) {
  const next = { ...state };
  for (const name of RUNS) {
    const written = writeRefs(readRefs(state[name] ?? "", from).refs, to);
    if (written) next[name] = written;
    else delete next[name];
  }
  return next;
}

/** As a view keeps it, which may be opened where no project is named. */
export const asKept = (state: CompareState, place: ProjectPlace | null) =>
  renamed(state, place, null);

export const asShown = (kept: CompareState, place: ProjectPlace | null) =>
  renamed(kept, null, place);

/** Names in a text, apart by commas; those with commas in them are escaped. */
export const writeNames = (names: readonly string[]): string =>
  names.map((name) => name.replaceAll("%", "%25").replaceAll(",", "%2C")).join(",");

export const readNames = (text: string): string[] =>
  text
    .split(",")
    .filter(Boolean)
    .map((name) => name.replaceAll("%2C", ",").replaceAll("%25", "%"));

const NONE = "-"; // nothing is chosen, which is not the same as what is usual

export const writeChoice = (names: readonly string[]): string => writeNames(names) || NONE;

/** The chosen names; null where nobody chose. */
export function readChoice(text: string | undefined): string[] | null {
  if (!text) return null;
  return text === NONE ? [] : readNames(text);
}

/** Which group each run was put into by hand: `A~run,B~run`. */
export function readHands(text = "", place: ProjectPlace | null): ReadonlyMap<string, string> {
  return new Map(
    text.split(",").flatMap((part): [string, string][] => {
      const at = part.indexOf("~");
      const [ref] = readRefs(part.slice(at + 1), place).refs;
      return at > 0 && ref ? [[ref, part.slice(0, at)]] : [];
    }),
  );
}

export function writeHands(hands: ReadonlyMap<string, string>): string | undefined {
  const some = [...hands].filter(([, hand]) => hand);
  return some.map(([ref, hand]) => `${hand}~${ref}`).join(",") || undefined;
}
