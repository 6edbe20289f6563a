/** How a run stands, in a sentence: what its state means, since when, and what would change it. */
import type { Run } from "../../api/types";
import { ago, at, duration } from "../../kit/format";
import styles from "./RunPage.module.css";

const SILENT_AFTER_MS = 30_000; // a living script says something every 15 seconds

export function Standing({ run, now }: { run: Run; now: number }) {
  const said = standing(run, now);
  if (!said) return null;
  return (
    <p className={styles.standing} data-state={run.state} data-testid="standing">
      <span title={`Last word: ${at(run.heartbeat_at)}`}>{said}</span>
    </p>
  );
}

/** Nothing where the state says it all. */
export function standing(run: Run, now: number): string | null {
  const silent = now - run.heartbeat_at / 1000;
  const silence = duration(Math.max(0, silent) * 1000);
  const signal = run.preempting === "mark_preempting" ? "its scheduler" : run.preempting;
  switch (run.state) {
    case "running":
      if (run.stop_requested) return "Asked to stop; the script hears of it within 15 s.";
      if (run.preempting) return `Told to go by ${signal}, and still at work.`;
      return silent > SILENT_AFTER_MS ? `No update for ${silence}.` : null;
    case "unreachable":
      return `No update for ${silence}; it goes on by itself when data comes.`;
    case "crashed":
      return `No word since ${ago(run.heartbeat_at, now)}: it died, or is cut off. What still comes is kept, and heals it.`;
    case "preempted":
      return `Told to go by ${signal ?? "its scheduler"}, and gone since ${ago(run.finished_at ?? run.heartbeat_at, now)}. Resumed, it goes on as the same run.`;
    case "killed":
      return run.finished_at === null
        ? `Asked to stop, and silent since ${ago(run.heartbeat_at, now)}.`
        : `Asked to stop, and ended ${ago(run.finished_at, now)}.`;
    case "failed":
      return run.exit_code === null ? null : `Ended with exit code ${run.exit_code}.`;
    default:
      return null;
  }
}

const ENDED_BADLY: ReadonlySet<Run["state"]> = new Set(["failed", "killed", "preempted"]);

/** The traceback of what ended the script, where something did and was told. */
export function tracebackOf(run: Run): string | null {
  const { traceback } = run.environment;
  return ENDED_BADLY.has(run.state) && typeof traceback === "string" ? traceback : null;
}
