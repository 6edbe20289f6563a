/** Runs in groups: by a setting that they differ in, or as somebody put them. */
import type { GroupsQuestion } from "../../api/comparison";
import { flat } from "../../api/json-map";
import type { Run } from "../../api/types";
import { plain } from "../../kit/format";
import { refOf } from "./refs";

export interface RunGroup {
  name: string;
  runs: Run[];
}

export const BY_HAND = "hand";
export const MOST_GROUPS = 8;
export const HAND_GROUPS = ["A", "B", "C", "D"] as const;

const FIELDS: Record<string, (run: Run) => string | null> = {
  group: (run) => run.group,
  job_type: (run) => run.job_type,
  project: (run) => `${run.owner}/${run.project}`,
  user: (run) => run.user,
  state: (run) => run.state,
};

function settingOf(run: Run, by: string): string | null {
  const field = FIELDS[by];
  if (field) return field(run);
  const value = flat(run.config).get(by.slice("config.".length));
  return value === undefined ? null : plain(value);
}

const { compare: byName } = new Intl.Collator("en", { numeric: true });

/** Groups by a field; runs without it are in none. */
export function grouped(runs: readonly Run[], by: string): RunGroup[] {
  const found = new Map<string, Run[]>();
  for (const run of runs) {
    const value = settingOf(run, by);
    if (value === null) continue;
    found.set(value, [...(found.get(value) ?? []), run]);
  }
  return [...found]
    .map(([name, inside]) => ({ name, runs: inside }))
    .sort((a, b) => byName(a.name, b.name));
}

export function groupedByHand(
  runs: readonly Run[],
  hands: ReadonlyMap<string, string>,
): RunGroup[] {
  return HAND_GROUPS.map((name) => ({
    name,
    runs: runs.filter((run) => hands.get(refOf(run)) === name),
  })).filter((group) => group.runs.length > 0);
}

/** Fields that make two to eight groups; those with more than one run in a group first. */
export function groupers(runs: readonly Run[]): string[] {
  const config = new Set(runs.flatMap((run) => [...flat(run.config).keys()]));
  const settings = [...config].sort(byName).map((key) => `config.${key}`);
  const all = ["group", "job_type", ...settings, "project", "user", "state"];
  const made = all.map((by) => ({ by, groups: grouped(runs, by) }));
  const usable = made.filter(({ groups }) => groups.length >= 2 && groups.length <= MOST_GROUPS);
  const alone = ({ groups }: { groups: RunGroup[] }) =>
    groups.filter(({ runs }) => runs.length < 2).length / groups.length;
  return usable.sort((a, b) => alone(a) - alone(b)).map(({ by }) => by);
}

/** Keys of config that could pair runs: seeds before all others. */
export function pairers(runs: readonly Run[]): string[] {
  const keys = new Set(runs.flatMap((run) => [...flat(run.config).keys()]));
  const seedFirst = (key: string) => (/seed|fold/i.test(key) ? 0 : 1);
  return [...keys]
    .sort((a, b) => seedFirst(a) - seedFirst(b) || byName(a, b))
    .map((key) => `config.${key}`);
}

export interface AskedGroups {
  groups: readonly RunGroup[];
  keys: readonly string[];
  value: NonNullable<GroupsQuestion["value"]>;
  pairedBy: string; // "": they are not paired
}

export function questionOf({ groups, keys, value, pairedBy }: AskedGroups): GroupsQuestion {
  return {
    groups: groups.map(({ name, runs }) => ({ name: name || "(empty)", runs: runs.map(refOf) })),
    keys: [...keys],
    value,
    confidence: 0.95,
    ...(pairedBy ? { paired_by: pairedBy } : {}),
  };
}
