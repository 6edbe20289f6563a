/** A group in the list beside the charts: its colour, what its runs have in common, how many. */
import { ChevronRight, Eye, EyeOff } from "lucide-react";
import { memo } from "react";
import { valueAt } from "../../api/json-map";
import { classes } from "../../kit/classes";
import { count, exact, fromJson, steady } from "../../kit/format";
import { Swatch } from "../../kit/marks";
import { focus, useFocusStore } from "./focus";
import type { RunGroup } from "./groups";
import styles from "./RunList.module.css";

interface GroupRowProps {
  group: RunGroup;
  top: number;
  open: boolean;
  shown: boolean; // some of its runs are
  value: string | null;
  onOpen: (id: string) => void;
  onToggle: (ids: readonly string[], shown: boolean) => void;
}

export const GroupRow = memo(function GroupRow(props: GroupRowProps) {
  const { group, top, open, shown, value, onOpen, onToggle } = props;
  const { id, label, runs, color } = group;
  const focused = useFocusStore((state) => (state.hovered ?? state.held) === id);
  const figure = value === null ? null : meanOf(group, value);
  return (
    <li
      className={classes(styles.row, !shown && styles.off)}
      style={{ transform: `translateY(${top}px)` }}
      data-testid="group-row"
      data-focused={focused || undefined}
      onPointerEnter={() => focus.hover(shown ? id : null)}
      onPointerLeave={() => focus.hover(null)}
    >
      <button
        type="button"
        className={styles.eye}
        aria-pressed={shown}
        aria-label={`Show ${label}`}
        onClick={() =>
          onToggle(
            runs.map((run) => run.id),
            shown,
          )
        }
      >
        {shown ? <Eye size={15} aria-hidden /> : <EyeOff size={15} aria-hidden />}
      </button>
      <Swatch color={color} hollow={!shown} />
      <button
        type="button"
        className={styles.group}
        aria-expanded={open}
        title={label}
        onClick={() => onOpen(id)}
      >
        <span>{label}</span>
        <span className={styles.members}>
          {count(runs.length)} {runs.length === 1 ? "run" : "runs"}
        </span>
        <ChevronRight size={13} aria-hidden className={classes(open && styles.opened)} />
      </button>
      {figure !== null && (
        <span className={styles.figure} title={`mean of ${value} ${exact(figure)}`}>
          {steady(figure)}
        </span>
      )}
    </li>
  );
});

/** Of the values that its runs ended with. */
function meanOf({ runs }: RunGroup, key: string): number | null {
  const found = runs
    .map((run) => fromJson(valueAt(run.summary, key)))
    .filter((one): one is number => one !== null && Number.isFinite(one));
  return found.length ? found.reduce((sum, one) => sum + one, 0) / found.length : null;
}
