/** The colour of a run and the state of a run, at a glance and in words. */
import styles from "./marks.module.css";

/** The sign of the house. */
export function Logo() {
  return (
    <span className={styles.logo}>
      <svg viewBox="0 0 24 24" width="18" height="18" aria-hidden="true">
        <path
          d="M4 7.5 8 17l4-8 4 8 4-9.5"
          fill="none"
          stroke="currentColor"
          strokeWidth="2.4"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
    </span>
  );
}

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

/** Every state of a run, in the order of its life. Each has a shape besides its colour. */
export const STATES = [
  "running",
  "unreachable",
  "crashed",
  "preempted",
  "killed",
  "failed",
  "finished",
] as const;
export type State = (typeof STATES)[number];

export function StateDot({ state, words }: { state: State; words?: boolean }) {
  return (
    <span className={styles.state} data-state={state} data-testid="state" title={state}>
      <span aria-hidden className={styles.dot} />
      <span className={words ? undefined : "hidden-text"}>{state}</span>
    </span>
  );
}
