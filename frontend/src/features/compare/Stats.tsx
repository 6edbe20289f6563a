/** The comparison in figures: what all runs come to, and a sortable table of a row for each. */

import { useQuery } from "@tanstack/react-query";
import { useCallback, useMemo } from "react";
import { type Comparison, stepQuery } from "../../api/comparison";
import type { Run } from "../../api/types";
import { Chip } from "../../kit/Chip";
import { count, duration } from "../../kit/format";
import { type Sort, Table } from "../../kit/Table";
import { useNow } from "../../kit/useNow";
import styles from "./Compare.module.css";
import { columnsOf, matrixOf, type StatsRow, sortRows } from "./columns";
import { ExportMenu } from "./ExportMenu";
import { type Figures, figuresAtStep, figuresOf, TAKEN, type Taken, usualKeys } from "./figures";
import { KeyChoice } from "./KeyChoice";
import { refOf } from "./refs";
import { StepField } from "./StepField";
import { readChoice, writeChoice } from "./state";
import type { Compares } from "./useCompareState";

interface StatsProps {
  compares: Compares;
  runs: readonly Run[];
  comparison: Comparison | undefined;
  base: string;
  across: boolean;
}

const USUAL = 6;
const MOST = 200;
const LAST: readonly Taken[] = ["last"];
const nothing = () => {};

export function Stats({ compares, runs, comparison, base, across }: StatsProps) {
  const { state, set } = compares;
  const now = useNow(5000);
  const chosen = useMemo(() => readChoice(state.keys)?.slice(0, MOST), [state.keys]);
  const taken = useMemo(() => takenOf(state.val), [state.val]);
  const step = stepOf(state.at);
  const sort = useMemo(() => sortOf(state.sort), [state.sort]);
  const keys = comparison?.keys;
  const usual = useMemo(() => usualKeys(keys ?? [], USUAL), [keys]);
  const shown = chosen ?? usual;
  const figures = useFigures({ runs, comparison, shown, taken, step });
  const rows = useMemo(
    () => runs.map((run, index): StatsRow => ({ run, ref: refOf(run), index })),
    [runs],
  );
  const baseAt = rows.findIndex((row) => row.ref === base);
  const columns = useMemo(
    () => columnsOf({ figures, baseAt, now, across }),
    [figures, baseAt, now, across],
  );
  const sorted = useMemo(() => sortRows(rows, columns, sort), [rows, columns, sort]);
  const flip = (one: Taken) => {
    const next = TAKEN.filter((other) => taken.includes(other) !== (other === one));
    if (next.length) set({ val: next.join(",") });
  };
  const make = useCallback(() => matrixOf(sorted, columns), [sorted, columns]);
  return (
    <>
      <Tiles runs={runs.length} comparison={comparison} />
      <div className={styles.tools}>
        <KeyChoice
          keys={keys?.map(({ key }) => key) ?? []}
          chosen={shown}
          most={MOST}
          onChange={(next) => set({ keys: writeChoice(next) })}
        />
        <fieldset className={styles.group} aria-label="Values">
          {TAKEN.map((one) => (
            <Chip key={one} pressed={taken.includes(one)} onClick={() => flip(one)}>
              {one}
            </Chip>
          ))}
        </fieldset>
        <StepField
          key={state.at}
          step={step}
          onStep={(next) => set({ at: next === null ? undefined : String(next) })}
        />
        <span className={styles.space} />
        <ExportMenu name="comparison" make={make} />
      </div>
      <Table
        label="Compared runs"
        columns={columns}
        rows={sorted}
        rowKey={(row) => row.ref}
        total={sorted.length}
        sort={sort}
        onSort={({ column, descending }) => set({ sort: `${descending ? "-" : ""}${column}` })}
        onEnd={nothing}
        rowHeight={44}
      />
    </>
  );
}

/** The values that are shown, in their order; the last ones unless somebody chose. */
function takenOf(text: string | undefined): readonly Taken[] {
  const names = text?.split(",") ?? [];
  const some = TAKEN.filter((one) => names.includes(one));
  return some.length ? some : LAST;
}

function stepOf(text: string | undefined): number | null {
  const step = text ? Number(text) : Number.NaN;
  return Number.isSafeInteger(step) && step >= 0 ? step : null;
}

function sortOf(text: string | undefined): Sort | null {
  if (!text) return null;
  const descending = text.startsWith("-");
  return { column: descending ? text.slice(1) : text, descending };
}

interface FiguresQuestion {
  runs: readonly Run[];
  comparison: Comparison | undefined;
  shown: readonly string[];
  taken: readonly Taken[];
  step: number | null;
}

const orderOf = (runs: readonly Run[], { found }: Comparison): number[] => {
  const places = new Map(found.map((ref, at) => [ref, at]));
  return runs.map((run) => places.get(refOf(run)) ?? -1);
};

function useFigures({ runs, comparison, shown, taken, step }: FiguresQuestion): Figures[] {
  const refs = runs.map(refOf).join("\n");
  const asked = useMemo(() => refs.split("\n").filter(Boolean), [refs]);
  const { data } = useQuery(stepQuery(asked, shown, step));
  return useMemo(() => {
    if (!comparison) return [];
    const order = orderOf(runs, comparison);
    const known = new Map(comparison.keys.map((key) => [key.key, key]));
    const there = new Map(data?.keys.map((key) => [key.key, key]));
    const thatOrder = data && orderOf(runs, data);
    return shown.flatMap((name) => {
      const key = known.get(name);
      if (!key) return [];
      const figures = taken.map((one) => figuresOf(key, one, order));
      const then = there.get(name);
      if (step !== null && then && thatOrder) figures.push(figuresAtStep(then, step, thatOrder));
      return figures;
    });
  }, [runs, comparison, shown, taken, step, data]);
}

function Tiles({ runs, comparison }: { runs: number; comparison: Comparison | undefined }) {
  const rate = comparison?.success_rate ?? null;
  const took = comparison?.average_duration ?? null;
  return (
    <dl className={styles.tiles} data-testid="tiles">
      <Tile name="Runs selected" value={count(runs)} />
      <Tile name="Metrics tracked" value={comparison ? count(comparison.metrics) : "–"} />
      <Tile name="Average duration" value={took === null ? "–" : duration(took * 1e6)} />
      <Tile
        name="Success rate"
        value={rate === null ? "–" : `${Math.round(rate * 1000) / 10} %`}
        note={rate === null ? "none has ended" : "of those that ended"}
      />
    </dl>
  );
}

function Tile({ name, value, note }: { name: string; value: string; note?: string }) {
  return (
    <div className={styles.tile}>
      <dt>{name}</dt>
      <dd>
        {value}
        {note && <small>{note}</small>}
      </dd>
    </div>
  );
}
