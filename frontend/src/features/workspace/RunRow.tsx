/** A run in the list beside the charts: whether it is shown, its colour, its name, its value. */
import { Link } from "@tanstack/react-router";
import { Eye, EyeOff, MoreHorizontal } from "lucide-react";
import { lazy, memo } from "react";
import { direction } from "../../api/direction";
import { valueAt } from "../../api/json-map";
import type { Run } from "../../api/types";
import { Badge } from "../../kit/Chip";
import { classes } from "../../kit/classes";
import { exact, fromJson, steady } from "../../kit/format";
import { Menu } from "../../kit/Menu";
import { StateDot, Swatch } from "../../kit/marks";
import { paths } from "../../paths";
import { focus, useFocusStore } from "./focus";
import styles from "./RunList.module.css";
import type { ChangeView } from "./useView";

const menu = () => import("./RunMenu");
const RunMenu = lazy(menu);

interface RowProps {
  run: Run;
  top: number;
  shown: boolean;
  value: string | null;
  onToggle: (id: string, shown: boolean) => void;
  pinned: boolean;
  baseline: boolean;
  last: boolean; // of the pinned ones
  member: boolean; // of a group above it
  measure: number | null; // the baseline's value
  onChange: ChangeView;
}

export const RunRow = memo(function RunRow(props: RowProps) {
  const { run, top, shown, value, onToggle, baseline, last, member, measure } = props;
  const focused = useFocusStore((state) => (state.hovered ?? state.held) === run.id);
  const figure = value === null ? null : fromJson(valueAt(run.summary, value));
  return (
    <li
      className={classes(styles.row, !shown && styles.off)}
      style={{ transform: `translateY(${top}px)` }}
      data-testid="run-row"
      data-run={run.id}
      data-focused={focused || undefined}
      data-last={last || undefined}
      data-member={member || undefined}
      onPointerEnter={() => focus.hover(shown ? run.id : null)}
      onPointerLeave={() => focus.hover(null)}
    >
      <button
        type="button"
        className={styles.eye}
        aria-pressed={shown}
        aria-label={`Show ${run.name}`}
        onClick={() => onToggle(run.id, shown)}
      >
        {shown ? <Eye size={15} aria-hidden /> : <EyeOff size={15} aria-hidden />}
      </button>
      <Swatch color={run.color} hollow={!shown} />
      <Link
        {...paths.run({ owner: run.owner, project: run.project, run: run.id })}
        title={run.name}
      >
        {run.name}
      </Link>
      {run.state !== "finished" && <StateDot state={run.state} />}
      {baseline && <Badge tone="accent">Baseline</Badge>}
      {figure !== null && (
        <span className={styles.figure} title={`${value} ${exact(figure)}`}>
          {!baseline && measure !== null && value !== null && (
            <Delta name={value} figure={figure} measure={measure} />
          )}
          {steady(figure)}
        </span>
      )}
      <Menu
        align="end"
        trigger={
          <button
            type="button"
            className={styles.more}
            aria-label={`More for ${run.name}`}
            onPointerEnter={menu}
          >
            <MoreHorizontal size={15} aria-hidden />
          </button>
        }
      >
        <RunMenu run={run} pinned={props.pinned} baseline={baseline} onChange={props.onChange} />
      </Menu>
    </li>
  );
});

interface DeltaProps {
  name: string;
  figure: number;
  measure: number;
}

/** How far from the baseline, in percent; better and worse where the name of the key says it. */
function Delta({ name, figure, measure }: DeltaProps) {
  const off = figure - measure;
  const share = (100 * off) / Math.abs(measure);
  if (!Number.isFinite(share)) return null;
  const better = direction(name);
  const tone = off === 0 || !better ? undefined : off < 0 === (better === "low") ? "ok" : "bad";
  const sign = share < 0 ? "−" : "+";
  const title = `${sign}${exact(Math.abs(off))} against the baseline`;
  return (
    <span className={styles.delta} data-tone={tone} data-testid="delta" title={title}>
      {sign}
      {Math.abs(share).toFixed(1)}%
    </span>
  );
}
