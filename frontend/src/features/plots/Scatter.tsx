/** One column over another, a point for each run; a third one may colour them. */
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { runColors, type ScatterSpec } from "../../chart";
import { Chip } from "../../kit/Chip";
import { count, plural } from "../../kit/format";
import { EmptyState } from "../../kit/states";
import { paths } from "../../paths";
import { ColumnSelect } from "./ColumnSelect";
import { usualScale } from "./columns";
import type { PlotData } from "./data";
import { Plot } from "./Plot";
import styles from "./Plots.module.css";

const HEIGHT = 480;
const UNKEPT = "none"; // no colour by value, as the URL says it

export function Scatter({ data }: { data: PlotData }) {
  const { state, columns, table, target, place } = data;
  const navigate = useNavigate();
  const numbers = data.names.filter((name) => columns.get(name)?.categories === null);
  const parameter = finest(data, numbers);
  const pick = (asked: string | null, usual: string | undefined | null) =>
    asked && numbers.includes(asked) ? asked : (usual ?? numbers[0] ?? null);
  const x = pick(state.x, parameter);
  const y = pick(state.y, target);
  const color = state.color && numbers.includes(state.color) ? state.color : null;
  const [xs, ys] = [x && columns.get(x), y && columns.get(y)];
  const ramp = color ? columns.get(color) : undefined;
  const [logX, logY] = ["x", "y"].map((axis) => isLog(state.log, axis, axis === "x" ? xs : null));
  const spec = useMemo((): ScatterSpec | null => {
    if (!xs || !ys) return null;
    return {
      type: "scatter",
      title: `${ys.label} over ${xs.label}`,
      ids: table.runs,
      names: table.names,
      colors: table.colors.map(runColors),
      x: { label: xs.label, scale: logX ? "log" : "linear" },
      y: { label: ys.label, scale: logY ? "log" : "linear" },
      xs: xs.values,
      ys: ys.values,
      ramp: ramp ? { label: ramp.label, values: ramp.values } : null,
    };
  }, [xs, ys, ramp, table, logX, logY]);
  const flip = (axis: string, on: boolean | undefined) => {
    const other = axis === "x" ? logY : logX;
    const kept = (axis === "x" ? "y" : "x").repeat(other ? 1 : 0);
    state.set({ log: `${on ? "" : axis}${kept}` || UNKEPT });
  };
  if (!spec || !xs || !ys) return <EmptyState title="There are no two columns of numbers" />;
  const without = missing(xs.values, ys.values);
  const below = offLog(xs.values, ys.values, logX === true, logY === true);
  return (
    <>
      <div className={styles.tools}>
        <ColumnSelect label="X" names={numbers} value={x} onChange={(px) => state.set({ px })} />
        <Chip pressed={logX === true} onClick={() => flip("x", logX)}>
          Log X
        </Chip>
        <ColumnSelect label="Y" names={numbers} value={y} onChange={(py) => state.set({ py })} />
        <Chip pressed={logY === true} onClick={() => flip("y", logY)}>
          Log Y
        </Chip>
        <ColumnSelect
          label="Colour"
          names={numbers}
          value={color}
          none="Runs"
          onChange={(name) => state.set({ color: name })}
        />
      </div>
      <Plot
        hub={data.hub}
        spec={spec}
        height={HEIGHT}
        hooks={{ onPick: ({ id }) => id && navigate(paths.run({ ...place, run: id })) }}
        note={
          <>
            {plural(table.runs.length - without - below, "run")}
            {without > 0 && `, ${count(without)} without both values`}
            {below > 0 && `, ${count(below)} with no place on a logarithmic axis`}. Click a point to
            open its run, drag to zoom, double-click for all.
          </>
        }
      />
    </>
  );
}

/** The parameter with most values: of few, the points would stand in rows. */
function finest({ axes, columns, target }: PlotData, numbers: readonly string[]) {
  const values = (name: string) => new Set(columns.get(name)?.values).size;
  const [most] = axes
    .filter((name) => name !== target && numbers.includes(name))
    .sort((a, b) => values(b) - values(a));
  return most;
}

type Known = ReturnType<PlotData["columns"]["get"]> | null | "";

/** As asked; until then x is logarithmic where its values reach far. */
function isLog(asked: string, axis: string, column: Known): boolean {
  if (asked) return asked !== UNKEPT && asked.includes(axis);
  return column ? usualScale(column) === "log" : false;
}

function missing(xs: Float64Array, ys: Float64Array): number {
  let n = 0;
  xs.forEach((value, at) => {
    if (Number.isNaN(value) || Number.isNaN(ys[at] ?? Number.NaN)) n += 1;
  });
  return n;
}

/** How many have both values, of which one is not above 0 where a logarithm is drawn. */
function offLog(xs: Float64Array, ys: Float64Array, logX: boolean, logY: boolean): number {
  return xs.reduce((sum, x, at) => {
    const y = ys[at] ?? Number.NaN;
    const both = Number.isFinite(x) && Number.isFinite(y);
    return sum + Number(both && ((logX && x <= 0) || (logY && y <= 0)));
  }, 0);
}
