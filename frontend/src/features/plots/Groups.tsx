/** How a figure is spread in groups of runs: boxes or violins. */
import { type ReactNode, useMemo } from "react";
import { type BoxSpec, runColors } from "../../chart";
import { Chip } from "../../kit/Chip";
import { count, plural } from "../../kit/format";
import { EmptyState } from "../../kit/states";
import { ColumnSelect } from "./ColumnSelect";
import type { PlotData } from "./data";
import { groupsOf } from "./grouping";
import { Plot } from "./Plot";
import styles from "./Plots.module.css";

const MOST = 24;
const ROW = 64;
const FRAME = 72;

export function Groups({ data, tools }: { data: PlotData; tools: ReactNode }) {
  const { state, columns, target } = data;
  const choices = data.names.filter((name) => {
    const column = columns.get(name);
    return column && name !== target && new Set(column.values).size <= data.table.runs.length;
  });
  const usual =
    data.axes.find((name) => columns.get(name)?.categories) ??
    data.axes.find((name) => choices.includes(name) && few(columns.get(name)?.values)) ??
    choices[0] ??
    null;
  const by = state.by && choices.includes(state.by) ? state.by : usual;
  const [column, values] = [by && columns.get(by), target && columns.get(target)];
  const groups = useMemo(
    () => (column && values && !values.categories ? groupsOf(column, values.values) : []),
    [column, values],
  );
  const spec = useMemo((): BoxSpec | null => {
    if (!column || !values || groups.length === 0) return null;
    const shown = groups.slice(0, MOST);
    return {
      type: "box",
      title: `${values.label} by ${column.label}`,
      shape: state.shape,
      value: { label: values.label },
      ids: shown.map(({ name }) => name),
      names: shown.map(({ name, values: { length } }) => `${name} (${length})`),
      colors: shown.map((_, at) => runColors(at)),
      values: shown.map((group) => group.values),
    };
  }, [column, values, groups, state.shape]);
  return (
    <>
      <div className={styles.tools}>
        {tools}
        <ColumnSelect
          label="Group by"
          names={choices}
          value={by}
          onChange={(name) => state.set({ by: name })}
        />
        <fieldset className={styles.shapes}>
          <legend className="hidden-text">Shape</legend>
          <Chip pressed={state.shape === "box"} onClick={() => state.set({ shape: undefined })}>
            Box
          </Chip>
          <Chip pressed={state.shape === "violin"} onClick={() => state.set({ shape: "violin" })}>
            Violin
          </Chip>
        </fieldset>
      </div>
      {spec ? (
        <Plot
          hub={data.hub}
          spec={spec}
          height={FRAME + ROW * spec.ids.length}
          note={
            <>
              {plural(groups.length, "group")}
              {groups.length > MOST && `, the first ${count(MOST)} are drawn`}. In brackets: runs.
              {state.shape === "box" &&
                " Boxes are quartiles; whiskers reach 1.5 times their distance."}
            </>
          }
        />
      ) : (
        <EmptyState title="There is nothing to group">
          A figure and a column that several runs have are needed.
        </EmptyState>
      )}
    </>
  );
}

const few = (values: Float64Array | undefined) => values && new Set(values).size <= MOST;
