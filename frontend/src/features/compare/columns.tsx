/** Columns of the table of compared runs: what each shows, sorts by and hands on to other programs. */
import { Link } from "@tanstack/react-router";
import { Star } from "lucide-react";
import type { Run } from "../../api/types";
import { Badge } from "../../kit/Chip";
import { count, duration, exact, number } from "../../kit/format";
import { StateDot, Swatch } from "../../kit/marks";
import type { Sort, TableColumn } from "../../kit/Table";
import { paths } from "../../paths";
import styles from "./Compare.module.css";
import { gitOf } from "./code";
import { AT_STEP, type Figures } from "./figures";
import type { Cell, Matrix } from "./matrix";

export interface StatsRow {
  run: Run;
  ref: string;
  index: number; // its place among the chips
}

export interface StatsColumn extends TableColumn<StatsRow> {
  value: (row: StatsRow) => string | number | null; // sorted by
  text: (row: StatsRow) => Cell; // handed on
}

interface ColumnsQuestion {
  figures: readonly Figures[];
  baseAt: number; // -1: there is none
  now: number; // ms
  across: boolean; // of more than one project
}

/** Microseconds that a run took, or has taken so far. */
function took(run: Run, now: number): number {
  const end = run.finished_at ?? (run.state === "running" ? now * 1000 : run.heartbeat_at);
  return end - run.started_at;
}

const NARROW = 640; // pixels: a phone

function fixed({ baseAt, now, across }: ColumnsQuestion): StatsColumn[] {
  return [
    {
      id: "name",
      label: "Run",
      width: innerWidth < NARROW ? 160 : 260,
      value: ({ run }) => run.name,
      text: ({ run }) => ({ text: across ? `${run.owner}/${run.project}/${run.name}` : run.name }),
      cell: ({ run, index }) => (
        <>
          <Swatch color={run.color} />
          <Link
            {...paths.run({ owner: run.owner, project: run.project, run: run.id })}
            className={styles.runName}
            title={`${run.owner}/${run.project}/${run.id}`}
          >
            {run.name}
          </Link>
          {across && <span className={styles.project}>{run.project}</span>}
          {index === baseAt && <Badge tone="accent">baseline</Badge>}
        </>
      ),
    },
    {
      id: "state",
      label: "State",
      width: 120,
      value: ({ run }) => run.state,
      text: ({ run }) => ({ text: run.state }),
      cell: ({ run }) => <StateDot state={run.state} words />,
    },
    {
      id: "duration",
      label: "Duration",
      width: 120,
      align: "right",
      value: ({ run }) => took(run, now),
      text: ({ run }) => ({ text: duration(took(run, now)) }),
      cell: ({ run }) => duration(took(run, now)),
    },
    {
      id: "git",
      label: "Git",
      width: 150,
      value: ({ run }) => gitOf(run).commit ?? null,
      text: ({ run }) => ({ text: gitOf(run).commit ?? "" }),
      cell: ({ run }) => <Commit run={run} />,
    },
    {
      id: "tags",
      label: "Tags",
      width: 170,
      value: ({ run }) => run.tags.join(" ") || null,
      text: ({ run }) => ({ text: run.tags.join(" ") }),
      cell: ({ run }) =>
        run.tags.length ? run.tags.map((tag) => <Badge key={tag}>{tag}</Badge>) : <Nothing />,
    },
  ];
}

function Nothing() {
  return <span className={styles.dim}>–</span>;
}

function Commit({ run }: { run: Run }) {
  const { commit, branch, dirty } = gitOf(run);
  if (!commit) return <Nothing />;
  return (
    <span className={styles.stacked} title={commit}>
      <code>
        {commit.slice(0, 7)}
        {dirty && "*"}
      </code>
      {branch && <small>{branch}</small>}
    </span>
  );
}

/** How far from the baseline, with its sign: `+0.012`. */
export function delta(value: number, base: number): string {
  const by = value - base;
  return by > 0 ? `+${number(by)}` : number(by);
}

function ofFigures(figures: Figures, baseAt: number): StatsColumn {
  const { id, key, taken, values, steps, best } = figures;
  const at = ({ index }: StatsRow) => values[index] ?? null;
  const isBest = (value: number | null) => value !== null && value === best;
  const base = values[baseAt] ?? null;
  return {
    id,
    label:
      taken === "last" ? key : `${key} ${taken === AT_STEP ? id.slice(key.length + 1) : taken}`,
    width: Math.min(240, Math.max(112, 48 + (key.length + taken.length) * 6.5)),
    align: "right",
    value: at,
    text: (row) => {
      const value = at(row);
      return { text: value === null ? "" : String(value), figure: true, best: isBest(value) };
    },
    cell: (row) => {
      const value = at(row);
      if (value === null) return <Nothing />;
      const compared = row.index !== baseAt && Number.isFinite(base) && Number.isFinite(value);
      const step = steps?.[row.index] ?? null;
      return (
        <span
          className={styles.figure}
          title={step === null ? exact(value) : `${exact(value)}, of step ${count(step)}`}
          data-best={isBest(value) || undefined}
        >
          <span>
            {isBest(value) && (
              <>
                <Star size={11} aria-hidden />
                <span className="hidden-text">best </span>
              </>
            )}
            {number(value)}
          </span>
          {compared && <small>{delta(value, base ?? 0)}</small>}
        </span>
      );
    },
  };
}

export function columnsOf(question: ColumnsQuestion): StatsColumn[] {
  const figures = question.figures.map((one) => ofFigures(one, question.baseAt));
  return [...fixed(question), ...figures];
}

const { compare: byText } = new Intl.Collator("en", { numeric: true });

/** In the order of the chips where nothing is sorted by; what is missing comes last either way. */
export function sortRows(
  rows: readonly StatsRow[],
  columns: readonly StatsColumn[],
  sort: Sort | null,
): StatsRow[] {
  const column = columns.find(({ id }) => id === sort?.column);
  if (!column || !sort) return [...rows];
  const lacks = (value: string | number | null) => value === null || Number.isNaN(value);
  const way = sort.descending ? -1 : 1;
  return [...rows].sort((left, right) => {
    const [a, b] = [column.value(left), column.value(right)];
    if (lacks(a) || lacks(b)) return Number(lacks(a)) - Number(lacks(b));
    if (typeof a === "number" && typeof b === "number") return way * (a - b);
    return way * byText(String(a), String(b));
  });
}

export function matrixOf(rows: readonly StatsRow[], columns: readonly StatsColumn[]): Matrix {
  return {
    head: columns.map(({ label }) => label),
    rows: rows.map((row) => columns.map((column) => column.text(row))),
  };
}
