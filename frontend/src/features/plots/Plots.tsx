/**
 * The runs of a project as plots: what they were given against what came of it. Which runs, which
 * plot and which columns stands in the URL; nothing changes under the reader unless asked.
 */
import { useParams } from "@tanstack/react-router";
import { ChartScatter, ListFilter, X } from "lucide-react";
import { useMemo, useState } from "react";
import { BadFilter, meantAsFilter, parseFilter } from "../../api/filter-language";
import { Button, IconButton } from "../../kit/Button";
import { Field } from "../../kit/Field";
import { count, plural } from "../../kit/format";
import { EmptyState, ErrorState, Skeleton } from "../../kit/states";
import { Tabs } from "../../kit/Tabs";
import { writeNames } from "./brushes";
import { ColumnChoice } from "./ColumnChoice";
import { ColumnSelect } from "./ColumnSelect";
import { Correlations, correlated } from "./Correlations";
import type { PlotData } from "./data";
import { Groups } from "./Groups";
import { failure, Importance } from "./Importance";
import { Parallel } from "./Parallel";
import { useHub } from "./Plot";
import styles from "./Plots.module.css";
import { Scatter } from "./Scatter";
import { usePlotData } from "./usePlotData";
import { KINDS, type PlotsState, usePlots } from "./usePlots";

const MOST_AXES = 16;

export function Plots() {
  const { owner = "", project = "" } = useParams({ strict: false });
  const place = useMemo(() => ({ owner, project }), [owner, project]);
  const state = usePlots();
  const hub = useHub();
  const { data, runs, error, retry } = usePlotData(hub, place, state);
  const clear = () => state.set({ f: undefined });
  return (
    <div className={styles.page}>
      <header className={styles.bar}>
        <h1>Plots</h1>
        <span className={styles.dim} data-testid="plotted">
          {runs !== null && plural(runs, "run")}
        </span>
        <Filter key={state.text} text={state.text} onFilter={(f) => state.set({ f })} />
      </header>
      {error && !data ? (
        <ErrorState error={failure(error)} retry={retry} />
      ) : runs === 0 ? (
        <EmptyState
          icon={<ChartScatter size={20} aria-hidden />}
          title={state.text ? "No run matches the filter" : "There are no runs yet"}
          action={state.text ? <Button onClick={clear}>Clear filter</Button> : undefined}
        >
          {!state.text && "Plots appear when runs with a config and figures were logged."}
        </EmptyState>
      ) : (
        <Tabs
          label="Kinds of plots"
          value={state.kind}
          options={KINDS}
          onChange={(kind) => state.set({ plot: kind === "parallel" ? undefined : kind })}
        >
          <div className={styles.scroll}>
            {data ? <Body data={data} /> : <Skeleton height={40} lines={10} />}
          </div>
        </Tabs>
      )}
    </div>
  );
}

function Body({ data }: { data: PlotData }) {
  const { state, names, axes, target, table, figures } = data;
  const { kind } = state;
  const usual = kind === "correlations" ? correlated(data) : axes;
  const chosen = state.chosen?.filter((name) => names.includes(name)) ?? usual;
  const tools = (
    <>
      {kind !== "correlations" && (
        <ColumnSelect
          label={kind === "parallel" ? "Colour by" : "Figure"}
          names={figures}
          value={target}
          onChange={(name) => state.set({ target: name })}
        />
      )}
      {kind !== "groups" && (
        <ColumnChoice
          names={names}
          chosen={chosen}
          most={MOST_AXES}
          automatic={state.chosen === null}
          onChange={(next) => state.set({ cols: next ? writeNames(next) : undefined })}
        />
      )}
    </>
  );
  return (
    <>
      {(kind === "parallel" || kind === "importance") && (
        <div className={styles.tools}>{tools}</div>
      )}
      {table.total > table.runs.length && (
        <p className={styles.warning}>
          The newest {count(table.runs.length)} of {count(table.total)} runs are drawn.
        </p>
      )}
      {kind === "parallel" && <Parallel data={data} />}
      {kind === "scatter" && <Scatter data={data} />}
      {kind === "importance" && <Importance data={data} />}
      {kind === "correlations" && <Correlations data={data} tools={tools} />}
      {kind === "groups" && <Groups data={data} tools={tools} />}
    </>
  );
}

interface FilterProps {
  text: PlotsState["text"];
  onFilter: (text: string | undefined) => void;
}

/** Taken with Enter or by leaving it; what cannot be read is said, and changes nothing. */
function Filter({ text, onFilter }: FilterProps) {
  const [draft, write] = useState(text);
  const [wrong, blame] = useState<string | null>(null);
  const take = () => {
    const next = draft.trim();
    const problem = next && meantAsFilter(next) ? problemOf(next) : null;
    blame(problem);
    if (!problem && next !== text) onFilter(next || undefined);
  };
  return (
    <Field
      className={styles.filter}
      label="Filter runs"
      placeholder='Filter: config.lr >= 3e-4 and tags has "best"'
      icon={<ListFilter size={15} aria-hidden />}
      value={draft}
      wrong={wrong}
      onChange={(event) => write(event.target.value)}
      onBlur={take}
      onKeyDown={(event) => event.key === "Enter" && take()}
      after={
        text && (
          <IconButton label="Clear filter" size="small" onClick={() => onFilter(undefined)}>
            <X size={14} aria-hidden />
          </IconButton>
        )
      }
    />
  );
}

function problemOf(text: string): string | null {
  try {
    parseFilter(text);
    return null;
  } catch (error) {
    if (!(error instanceof BadFilter)) throw error;
    return `Column ${error.column}: ${error.message}`;
  }
}
