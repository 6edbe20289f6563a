/** How much each parameter says about a figure, and which way they go together. */
import { useQuery } from "@tanstack/react-query";
import { importanceQuery, type Parameter } from "../../api/analysis";
import { ApiError } from "../../api/client";
import { count, number, plural } from "../../kit/format";
import { EmptyState, ErrorState, Skeleton } from "../../kit/states";
import { labelOf } from "./columns";
import type { PlotData } from "./data";
import styles from "./Plots.module.css";

export function Importance({ data }: { data: PlotData }) {
  const { target } = data;
  if (!target) return <EmptyState title="There is no figure to explain" />;
  return <Explained data={data} target={target} />;
}

function Explained({ data, target }: { data: PlotData; target: string }) {
  const { place, state, axes } = data;
  const parameters = state.chosen ? axes.filter((name) => name !== target) : null;
  const { filter, q } = state.asked;
  const query = useQuery(
    importanceQuery(place.owner, place.project, { filter, q, target, parameters }),
  );
  const said = query.data;
  if (query.error && !said) {
    const { message, request } = failure(query.error);
    return <ErrorState error={{ message, request }} retry={() => void query.refetch()} />;
  }
  if (!said) return <Skeleton height={32} lines={6} />;
  const label = labelOf(target);
  return (
    <section
      className={styles.plot}
      aria-label={`What ${label} depends on`}
      data-testid="importance"
    >
      <header className={styles.plotHead}>
        <h2>What {label} depends on</h2>
        <span className={styles.dim}>
          {said.used === said.runs
            ? plural(said.runs, "run")
            : `${count(said.used)} of ${plural(said.runs, "run")}`}
          {said.score !== null && ` · R² ${number(said.score)} on runs not seen`}
        </span>
      </header>
      {said.note && <p className={styles.warning}>{said.note}</p>}
      {said.parameters.length === 0 ? (
        <EmptyState title="Not enough to tell">
          At least eight runs with this figure, that differ in a parameter, are needed.
        </EmptyState>
      ) : (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by the keyboard
        <section className={styles.tableBox} tabIndex={0} aria-label="Parameters">
          <table className={styles.table}>
            <thead>
              <tr>
                <th scope="col">Parameter</th>
                <th scope="col">Importance</th>
                <th scope="col">Correlation (Spearman)</th>
                <th scope="col" data-number>
                  n
                </th>
              </tr>
            </thead>
            <tbody>
              {said.parameters.map((one) => (
                <Weight key={one.key} parameter={one} most={said.parameters[0]?.importance ?? 1} />
              ))}
            </tbody>
          </table>
        </section>
      )}
      <p className={styles.note}>
        Importance: how much worse a forest of trees tells the figure without the parameter; all
        together are 1, ± is the standard error. Correlation sees only what rises or falls
        throughout.
      </p>
    </section>
  );
}

function Weight({ parameter, most }: { parameter: Parameter; most: number }) {
  const { key, importance, std, correlation, n } = parameter;
  const share = most > 0 ? Math.max(0, importance / most) : 0;
  return (
    <tr data-testid="parameter">
      <th scope="row" title={key}>
        {labelOf(key)}
      </th>
      <td>
        <span className={styles.weigh}>
          <span className={styles.meter} aria-hidden>
            <i style={{ width: `${share * 100}%` }} />
          </span>
          <span className={styles.figure}>
            {number(importance)} <small>± {number(std)}</small>
          </span>
        </span>
      </td>
      <td>
        {correlation === null ? (
          <span className={styles.dim} title="Only numbers that differ can be ranked">
            not ranked
          </span>
        ) : (
          <span className={styles.weigh}>
            <span className={styles.balance} data-falls={correlation < 0 || undefined} aria-hidden>
              <i
                style={{
                  width: `${Math.abs(correlation) * 50}%`,
                  [correlation < 0 ? "right" : "left"]: "50%",
                }}
              />
            </span>
            <span className={styles.figure}>{correlation.toFixed(2).replace("-", "−")}</span>
          </span>
        )}
      </td>
      <td data-number>{count(n)}</td>
    </tr>
  );
}

export function failure(error: Error): { message: string; request: string | null } {
  return { message: error.message, request: error instanceof ApiError ? error.request : null };
}
