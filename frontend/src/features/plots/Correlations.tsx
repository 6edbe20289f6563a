/** How parameters and figures go together, each with each. */
import { useQuery } from "@tanstack/react-query";
import { type ReactNode, useMemo } from "react";
import { correlationsQuery } from "../../api/analysis";
import type { MatrixSpec } from "../../chart";
import { Chip } from "../../kit/Chip";
import { EmptyState, ErrorState, Skeleton } from "../../kit/states";
import { labelsOf } from "./columns";
import type { PlotData } from "./data";
import { failure } from "./Importance";
import { Plot } from "./Plot";
import styles from "./Plots.module.css";

const FIGURES = 5; // beside the parameters, until somebody chooses
const ROW = 34;
const FRAME = 110; // for names

/** Columns of numbers: those that are chosen, or what differs and the first figures. */
export function correlated({ state, columns, axes, figures }: PlotData): string[] {
  const usual = state.chosen ? axes : [...axes, ...figures.slice(0, FIGURES)];
  return [...new Set(usual)].filter((name) => columns.get(name)?.categories === null);
}

export function Correlations({ data, tools }: { data: PlotData; tools: ReactNode }) {
  const { state, place } = data;
  const names = useMemo(() => correlated(data), [data]);
  const { filter, q } = state.asked;
  const query = useQuery({
    ...correlationsQuery(place.owner, place.project, {
      filter,
      q,
      columns: names,
      method: state.method,
    }),
    enabled: names.length > 1,
  });
  const said = query.data;
  const spec = useMemo((): MatrixSpec | null => {
    if (!said) return null;
    const labels = labelsOf(said.columns);
    return {
      type: "matrix",
      title: "Correlations",
      rows: labels,
      columns: labels,
      values: said.r.flat().map((value) => value ?? Number.NaN),
      label: state.method === "pearson" ? "Pearson's r" : "Spearman's ρ",
    };
  }, [said, state.method]);
  const pick = (index: number) => {
    const { length } = said?.columns ?? [];
    const [py, px] = [said?.columns[Math.floor(index / length)], said?.columns[index % length]];
    if (px && py) state.set({ plot: "scatter", px, py });
  };
  const method = (
    <div className={styles.tools}>
      {tools}
      <fieldset className={styles.shapes}>
        <legend className="hidden-text">Method</legend>
        <Chip
          pressed={state.method === "spearman"}
          onClick={() => state.set({ method: undefined })}
        >
          Spearman
        </Chip>
        <Chip pressed={state.method === "pearson"} onClick={() => state.set({ method: "pearson" })}>
          Pearson
        </Chip>
      </fieldset>
    </div>
  );
  if (names.length < 2) {
    return (
      <>
        {method}
        <EmptyState title="There are no two columns of numbers to compare" />
      </>
    );
  }
  if (query.error && !said) {
    return <ErrorState error={failure(query.error)} retry={() => void query.refetch()} />;
  }
  return (
    <>
      {method}
      {spec && said ? (
        <Plot
          hub={data.hub}
          spec={spec}
          height={FRAME + ROW * said.columns.length}
          hooks={{ onPick: ({ index }) => pick(index) }}
          note={`${counts(said.n)} Click a cell for its scatter plot.`}
        />
      ) : (
        <Skeleton height={ROW} lines={names.length} />
      )}
    </>
  );
}

/** How many runs have both values: of all pairs, or from fewest to most. */
function counts(n: readonly (readonly number[])[]): string {
  const all = n.flat();
  const [low, high] = [Math.min(...all), Math.max(...all)];
  return low === high ? `n = ${low} for each pair.` : `n = ${low} … ${high}, by pair.`;
}
