import { describe, expect, it } from "vitest";
import type { Run } from "../../api/types";
import { standing, tracebackOf } from "./Standing";

const NOW = 1_700_000_000_000;

const run = (changes: Partial<Run>, silentSeconds = 0): Run =>
  ({
    state: "running",
    heartbeat_at: (NOW - silentSeconds * 1000) * 1000,
    finished_at: null,
    exit_code: null,
    stop_requested: false,
    preempting: null,
    environment: {},
    ...changes,
  }) as Run;

const endedMinutesAgo = (minutes: number) => (NOW - minutes * 60_000) * 1000;

describe("how a run stands", () => {
  it.each([
    ["a run that is at work", run({}), null],
    ["a run that has ended well", run({ state: "finished", exit_code: 0 }), null],
    ["a run that was just asked to stop", run({ stop_requested: true }), "Asked to stop; the"],
    [
      "a run that was told to go",
      run({ preempting: "SIGUSR1" }),
      "Told to go by SIGUSR1, and still at work.",
    ],
    [
      "a run of which nothing is heard",
      run({ state: "unreachable" }, 52),
      "No update for 52 s; it goes on by itself when data comes.",
    ],
    ["a crashed run", run({ state: "crashed" }, 7200), "No word since 2 h ago: it died, or is"],
    [
      "a preempted run",
      run({ state: "preempted", preempting: "SIGTERM" }, 300),
      "Told to go by SIGTERM, and gone since 5 min ago.",
    ],
    [
      "a preempted run whose script said so itself",
      run({ state: "preempted", preempting: "mark_preempting" }, 300),
      "Told to go by its scheduler",
    ],
    [
      "a run that was killed",
      run({ state: "killed", finished_at: endedMinutesAgo(3), exit_code: 255 }),
      "Asked to stop, and ended 3 min ago.",
    ],
    [
      "a run that was killed and did not say so",
      run({ state: "killed" }, 120),
      "Asked to stop, and silent since 2 min ago.",
    ],
    ["a run that failed", run({ state: "failed", exit_code: 3 }), "Ended with exit code 3."],
  ])("of %s", (_, given, said) => {
    const found = standing(given, NOW);
    if (said === null) expect(found).toBeNull();
    else expect(found).toContain(said);
  });

  it("has the traceback of a run that failed, and none of one that runs again", () => {
    const environment = { traceback: "Traceback: ..." };
    expect(tracebackOf(run({ state: "failed", environment }))).toBe("Traceback: ...");
    expect(tracebackOf(run({ state: "running", environment }))).toBeNull();
    expect(tracebackOf(run({ state: "failed" }))).toBeNull();
  });
});
