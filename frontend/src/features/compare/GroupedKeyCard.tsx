/** One metric in all groups: figures with n, where each mean lies, and the tests between them. */
import { Star } from "lucide-react";
import type { GroupedKey, GroupSpread, GroupTest } from "../../api/comparison";
import { exact, number } from "../../kit/format";
import styles from "./Analysis.module.css";
import { bestOf } from "./figures";
import type { Cell, Matrix } from "./matrix";

type Way = "low" | "high" | null;

const TESTS: Record<GroupTest["kind"], string> = {
  "welch-t": "Welch t",
  "mann-whitney": "Mann-Whitney U",
  "paired-t": "paired t",
  wilcoxon: "Wilcoxon signed-rank",
};

const FIGURES = ["mean", "std", "min", "max", "median", "iqm"] as const;
const HEADS = { mean: "Mean", std: "Std", min: "Min", max: "Max", median: "Median", iqm: "IQM" };

function bestMean({ groups }: GroupedKey, way: Way): number | null {
  return bestOf(
    groups.map(({ mean }) => mean),
    way,
  );
}

/** What a figure is, or that there are too few values to say. */
function Figure({ value, n }: { value: number | null; n: number }) {
  if (value === null) return <span title={n < 2 ? `n = ${n}: too few` : undefined}>–</span>;
  return <span title={exact(value)}>{number(value)}</span>;
}

export function GroupedKeyCard({ said, way }: { said: GroupedKey; way: Way }) {
  const best = bestMean(said, way);
  return (
    <section className={styles.card} aria-label={said.key} data-testid="grouped-key">
      <header>
        <h2>{said.key}</h2>
        {way && <span className={styles.dim}>{way === "low" ? "lower" : "higher"} is better</span>}
      </header>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: scrolled by keyboard */}
      <section className={styles.wide} tabIndex={0} aria-label={`Figures of ${said.key}`}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th scope="col">Group</th>
              <th scope="col">n</th>
              {FIGURES.map((name) => (
                <th key={name} scope="col">
                  {HEADS[name]}
                </th>
              ))}
              <th scope="col">95 % CI of the mean</th>
              <th scope="col" className={styles.plotHead}>
                <span className="hidden-text">Mean and its interval, drawn</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {said.groups.map((group) => (
              <tr
                key={group.name}
                data-best={group.mean === best && best !== null ? "" : undefined}
              >
                <th scope="row">
                  {group.name}
                  {best !== null && group.mean === best && (
                    <>
                      <Star size={11} aria-hidden />
                      <span className="hidden-text">best</span>
                    </>
                  )}
                </th>
                <td>{group.n}</td>
                {FIGURES.map((name) => (
                  <td key={name}>
                    <Figure value={group[name]} n={group.n} />
                  </td>
                ))}
                <td>{interval(group)}</td>
                <td>
                  <Spread group={group} all={said.groups} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      {said.tests.length > 0 && <Tests tests={said.tests} of={said.key} />}
      {said.note && <p className={styles.note}>{said.note}</p>}
    </section>
  );
}

function interval({ ci, n }: GroupSpread): string {
  if (!ci) return `n = ${n}: too few to say`;
  return `${number(ci[0])} to ${number(ci[1])}`;
}

const WIDE = 180;

/** From the least to the greatest value thin, where the mean lies thick, the mean a dot. */
function Spread({ group, all }: { group: GroupSpread; all: readonly GroupSpread[] }) {
  const ends = all.flatMap(({ min, max, ci }) => [min, max, ...(ci ?? [])]);
  const known = ends.filter((end): end is number => end !== null);
  const [from, to] = [Math.min(...known), Math.max(...known)];
  if (group.mean === null || group.min === null || group.max === null) return null;
  const at = (value: number) => 6 + ((value - from) / (to - from || 1)) * (WIDE - 12);
  return (
    <svg width={WIDE} height={16} aria-hidden="true" className={styles.spread}>
      <line x1={at(group.min)} x2={at(group.max)} y1={8} y2={8} className={styles.range} />
      {group.ci && (
        <line x1={at(group.ci[0])} x2={at(group.ci[1])} y1={8} y2={8} className={styles.interval} />
      )}
      <circle cx={at(group.mean)} cy={8} r={4} className={styles.mean} />
    </svg>
  );
}

export function pText(p: number | null): string {
  if (p === null) return "–";
  return p < 0.0001 ? "< 0.0001" : number(p);
}

function Tests({ tests, of }: { tests: readonly GroupTest[]; of: string }) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: scrolled by keyboard
    <section className={styles.wide} tabIndex={0} aria-label={`Tests of ${of}`}>
      <table className={styles.table}>
        <thead>
          <tr>
            {["Test", "n", "Difference", "95 % CI", "Statistic", "p", "Effect"].map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {tests.map(({ a, b, kind, n, difference, ci, statistic, p, effect }) => (
            <tr key={`${a}\n${b}\n${kind}`}>
              <th scope="row">
                {a} − {b} <span className={styles.dim}>{TESTS[kind]}</span>
              </th>
              <td>{n.join(" + ")}</td>
              <td title={exact(difference)}>{number(difference)}</td>
              <td>{ci ? `${number(ci[0])} to ${number(ci[1])}` : "–"}</td>
              <td>{number(statistic)}</td>
              <td title={p === null ? undefined : exact(p)}>{pText(p)}</td>
              <td>{number(effect)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const figure = (value: number | null): Cell => ({
  text: value === null ? "" : String(value),
  figure: true,
});

/** All groups of all keys, a row for each. */
export function matrixOf(keys: readonly GroupedKey[], ways: ReadonlyMap<string, Way>): Matrix {
  return {
    head: ["metric", "group", "n", ...FIGURES, "ci low", "ci high"],
    rows: keys.flatMap((key) => {
      const best = bestMean(key, ways.get(key.key) ?? null);
      return key.groups.map((group) => [
        { text: key.key },
        { text: group.name },
        figure(group.n),
        ...FIGURES.map((name) => ({
          ...figure(group[name]),
          best: name === "mean" && best !== null && group.mean === best,
        })),
        figure(group.ci?.[0] ?? null),
        figure(group.ci?.[1] ?? null),
      ]);
    }),
  };
}
