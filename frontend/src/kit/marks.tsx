/** The colour of a run and the state of a run, at a glance and in words. */
import styles from "./marks.module.css";

/** Colours in the ring; a higher index starts over (and is dashed in charts). */
export const RING = 24;

export function runColor(index: number): string {
  return `var(--run-${((index % RING) + RING) % RING})`;
}

export function Swatch({ color, hollow }: { color: number; hollow?: boolean }) {
  return (
    <span
      aria-hidden
      className={styles.swatch}
      data-hollow={hollow || undefined}
      style={{ "--mark": runColor(color) } as React.CSSProperties}
    />
  );
}

export type State = "running" | "finished" | "failed" | "crashed";

export function StateDot({ state, words }: { state: State; words?: boolean }) {
  return (
    <span className={styles.state} data-state={state} data-testid="state" title={state}>
      <span aria-hidden className={styles.dot} />
      <span className={words ? undefined : "hidden-text"}>{state}</span>
    </span>
  );
}
