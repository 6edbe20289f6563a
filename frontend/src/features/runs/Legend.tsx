/** What the colours of the runs mean, while they are those of a column. */
import { X } from "lucide-react";
import { IconButton } from "../../kit/Button";
import type { Coloring } from "./coloring";
import styles from "./RunsTable.module.css";

interface LegendProps {
  id: string;
  coloring: Coloring;
  onClear: () => void;
}

export function Legend({ id, coloring: { legend, even }, onClear }: LegendProps) {
  const [from, to] = [legend[0], legend.at(-1)];
  return (
    <div className={styles.legend} data-testid="legend">
      <span>Coloured by {id}</span>
      {even && from && to ? (
        <span>
          {from.label}
          <span
            aria-hidden
            className={styles.ramp}
            style={{ background: `linear-gradient(to right in oklab, ${from.color}, ${to.color})` }}
          />
          {to.label}
        </span>
      ) : (
        legend.map(({ color, label }) => (
          <span key={label}>
            <span aria-hidden className={styles.mark} style={{ background: color }} />
            {label}
          </span>
        ))
      )}
      <IconButton label="Back to the colours of the runs" size="small" onClick={onClear}>
        <X size={14} aria-hidden />
      </IconButton>
    </div>
  );
}
