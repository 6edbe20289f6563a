/** The runs inside of all brushes, best first, and the ways to take them elsewhere. */
import { Link } from "@tanstack/react-router";
import { useMemo } from "react";
import { direction } from "../../api/direction";
import { Button } from "../../kit/Button";
import { count, number } from "../../kit/format";
import { Swatch } from "../../kit/marks";
import { paths } from "../../paths";
import { type Brushes, brushFilter } from "./brushes";
import type { PlotColumn } from "./columns";
import type { PlotData } from "./data";
import styles from "./Plots.module.css";

const LISTED = 20;
const MOST_COMPARED = 100;

interface InsideProps {
  data: PlotData;
  brushes: Brushes;
  inside: readonly number[];
  onHover: (id: string | null) => void;
  onClear: () => void;
}

export function Inside({ data, brushes, inside, onHover, onClear }: InsideProps) {
  const { table, columns, axes, target, place, state } = data;
  const figure = target ? columns.get(target) : undefined;
  const ordered = useMemo(() => bestFirst(inside, figure), [inside, figure]);
  const brushed = Object.keys(brushes).length > 0;
  const filter = brushFilter(state.asked.filter, columns, brushes);
  const ids = ordered.slice(0, MOST_COMPARED).map((at) => table.runs[at] ?? "");
  const shown = axes.flatMap((name) => columns.get(name) ?? []);
  return (
    <section className={styles.inside} aria-label="Runs inside of the brushes">
      <header className={styles.insideHead}>
        <h2 data-testid="inside" aria-live="polite">
          {brushed
            ? `${count(inside.length)} of ${count(table.runs.length)} runs`
            : `${count(table.runs.length)} runs`}
        </h2>
        {brushed && (
          <Button size="small" variant="ghost" onClick={onClear}>
            Clear brushes
          </Button>
        )}
        <span className={styles.space} />
        {inside.length > 0 && (
          <>
            <Link
              {...paths.table(place)}
              search={{ f: filter || undefined, q: state.asked.q || undefined }}
              className={styles.way}
            >
              Open in table
            </Link>
            <Link {...paths.compare(place)} search={{ ids: ids.join(",") }} className={styles.way}>
              {inside.length > MOST_COMPARED ? `Compare the first ${MOST_COMPARED}` : "Compare"}
            </Link>
          </>
        )}
      </header>
      {inside.length === 0 ? (
        <p className={styles.note}>No run has values inside of all brushes.</p>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard
        <section className={styles.tableBox} tabIndex={0} aria-label="Values of runs">
          <table className={styles.table}>
            <thead>
              <tr>
                <th scope="col">Run</th>
                {shown.map(({ name, label, categories }) => (
                  <th scope="col" key={name} title={name} data-number={!categories || undefined}>
                    {label}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody onPointerLeave={() => onHover(null)}>
              {ordered.slice(0, LISTED).map((at) => {
                const id = table.runs[at] ?? "";
                return (
                  <tr key={id} onPointerEnter={() => onHover(id)} data-testid="inside-row">
                    <th scope="row">
                      <Link
                        {...paths.run({ ...place, run: id })}
                        onFocus={() => onHover(id)}
                        onBlur={() => onHover(null)}
                      >
                        <Swatch color={table.colors[at] ?? 0} />
                        <span>{table.names[at]}</span>
                      </Link>
                    </th>
                    {shown.map((column) => (
                      <td key={column.name} data-number={!column.categories || undefined}>
                        {cell(column, at)}
                      </td>
                    ))}
                  </tr>
                );
              })}
            </tbody>
          </table>
          {inside.length > LISTED && (
            <p className={styles.note}>
              The {figure && direction(figure.label) ? "best" : "first"} {LISTED} are listed.
            </p>
          )}
        </section>
      )}
    </section>
  );
}

function cell({ values, categories }: PlotColumn, at: number): string {
  const value = values[at] ?? Number.NaN;
  if (Number.isNaN(value)) return "–";
  return categories ? (categories[value] ?? "–") : number(value);
}

/** By the figure, where its name says which way is better; those without it come last. */
function bestFirst(inside: readonly number[], figure: PlotColumn | undefined): number[] {
  const way = figure && direction(figure.label);
  if (!figure || !way) return [...inside];
  const sign = way === "low" ? 1 : -1;
  const rank = (at: number) => {
    const value = figure.values[at] ?? Number.NaN;
    return Number.isNaN(value) ? Number.POSITIVE_INFINITY : value * sign;
  };
  return [...inside].sort((a, b) => rank(a) - rank(b) || a - b);
}
