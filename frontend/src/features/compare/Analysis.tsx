/** Groups of runs against each other: what each comes to, how sure that is, and whether they differ. */
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { type Comparison, compareGroupsQuery } from "../../api/comparison";
import type { Run } from "../../api/types";
import { Badge } from "../../kit/Chip";
import { plural } from "../../kit/format";
import { Swatch } from "../../kit/marks";
import { Select } from "../../kit/Select";
import { EmptyState, ErrorState, Skeleton } from "../../kit/states";
import styles from "./Analysis.module.css";
import page from "./Compare.module.css";
import { ExportMenu } from "./ExportMenu";
import { better, TAKEN, type Taken, usualKeys } from "./figures";
import { GroupedKeyCard, matrixOf } from "./GroupedKeyCard";
import {
  BY_HAND,
  grouped,
  groupedByHand,
  groupers,
  HAND_GROUPS,
  MOST_GROUPS,
  pairers,
  questionOf,
  type RunGroup,
} from "./groups";
import { KeyChoice } from "./KeyChoice";
import { refOf } from "./refs";
import { readChoice, readHands, writeChoice, writeHands } from "./state";
import type { Compares } from "./useCompareState";

interface AnalysisProps {
  compares: Compares;
  runs: readonly Run[];
  comparison: Comparison | undefined;
}

const USUAL = 4;
const MOST = 50; // keys of one question

export function Analysis({ compares, runs, comparison }: AnalysisProps) {
  const { state, set, place: where } = compares;
  const fields = useMemo(() => groupers(runs), [runs]);
  const known = state.by && (state.by === BY_HAND || fields.includes(state.by));
  const by = (known ? state.by : fields[0]) ?? BY_HAND;
  const hands = useMemo(() => readHands(state.hands, where), [state.hands, where]);
  const chosen = useMemo(() => readChoice(state.keys)?.slice(0, MOST), [state.keys]);
  const value: Taken = TAKEN.find((one) => one === state.value) ?? "last";
  const pairs = useMemo(() => pairers(runs), [runs]);
  const pairedBy = state.pair && pairs.includes(state.pair) ? state.pair : "";
  const usual = useMemo(() => usualKeys(comparison?.keys ?? [], USUAL), [comparison]);
  const keys = chosen ?? usual;
  const groups = useMemo(
    () => (by === BY_HAND ? groupedByHand(runs, hands) : grouped(runs, by)),
    [runs, by, hands],
  );
  const enough = groups.length >= 2 && groups.length <= MOST_GROUPS && keys.length > 0;
  const question = questionOf({ groups, keys, value, pairedBy });
  const { data, error, refetch } = useQuery({ ...compareGroupsQuery(question), enabled: enough });
  const ways = useMemo(
    () => new Map((comparison?.keys ?? []).map((key) => [key.key, better(key)])),
    [comparison],
  );
  const place = (ref: string, hand: string) =>
    set({ by: BY_HAND, hands: writeHands(new Map(hands).set(ref, hand)) });
  return (
    <>
      <div className={page.tools}>
        <Select
          label="Groups"
          value={by}
          options={[
            ...fields.map((field) => ({ value: field, label: `by ${field}` })),
            { value: BY_HAND, label: "by hand" },
          ]}
          onChange={(next) => set({ by: next })}
        />
        <KeyChoice
          keys={comparison?.keys.map(({ key }) => key) ?? []}
          chosen={keys}
          most={MOST}
          onChange={(next) => set({ keys: writeChoice(next) })}
        />
        <Select
          label="Value"
          value={value}
          options={TAKEN.map((one) => ({ value: one, label: one }))}
          onChange={(one) => set({ value: one })}
        />
        <Select
          label="Paired by"
          value={pairedBy}
          options={[
            { value: "", label: "not paired" },
            ...pairs.map((key) => ({ value: key, label: key })),
          ]}
          onChange={(next) => set({ pair: next })}
        />
        <span className={page.space} />
        {data && enough && <ExportMenu name="groups" make={() => matrixOf(data.keys, ways)} />}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: scrolled by keyboard */}
      <section className={styles.scroll} tabIndex={0} aria-label="Analysis of groups">
        {by === BY_HAND ? (
          <Hands runs={runs} hands={hands} onPlace={place} />
        ) : (
          <Groups groups={groups} />
        )}
        {!enough && (
          <EmptyState title={keys.length ? "Two groups are needed" : "No metric is chosen"}>
            {keys.length > 0 &&
              "Put runs into at least two groups, or group by a setting in which they differ."}
          </EmptyState>
        )}
        {enough && error && !data && <ErrorState error={error} retry={refetch} />}
        {enough && !data && !error && <Skeleton height={160} lines={2} />}
        {enough &&
          data?.keys.map((key) => (
            <GroupedKeyCard key={key.key} said={key} way={ways.get(key.key) ?? null} />
          ))}
      </section>
    </>
  );
}

function Groups({ groups }: { groups: readonly RunGroup[] }) {
  return (
    <ul className={styles.groups} aria-label="Groups">
      {groups.map(({ name, runs }) => (
        <li key={name} title={runs.map((run) => run.name).join(", ")}>
          <Badge>
            <b>{name}</b> {plural(runs.length, "run")}
          </Badge>
        </li>
      ))}
    </ul>
  );
}

interface HandsProps {
  runs: readonly Run[];
  hands: ReadonlyMap<string, string>;
  onPlace: (ref: string, hand: string) => void;
}

const HANDS = [
  { value: "", label: "in none" },
  ...HAND_GROUPS.map((name) => ({ value: name, label: `group ${name}` })),
];

function Hands({ runs, hands, onPlace }: HandsProps) {
  return (
    <ul className={styles.hands} aria-label="Groups by hand">
      {runs.map((run) => (
        <li key={refOf(run)}>
          <Swatch color={run.color} />
          <span className={styles.handName}>{run.name}</span>
          <Select
            hidden
            label={`Group of ${run.name}`}
            value={hands.get(refOf(run)) ?? ""}
            options={HANDS}
            onChange={(hand) => onPlace(refOf(run), hand)}
          />
        </li>
      ))}
    </ul>
  );
}
