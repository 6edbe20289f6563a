/** Undo and redo of what is done on the page of a project's runs. */
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useCallback, useMemo, useRef, useState } from "react";
import { ApiError } from "../../api/client";
import { change as changes } from "../../api/queries";
import { many } from "../../api/runs-table";
import { toast } from "../../kit/toast";
import type { ProjectPlace } from "../../paths";
import { type Act, keepSteps, readSteps, redone, type Step, undone, withStep } from "./undo";

const AT_ONCE = 10_000;
const TOLD = ["runs", "run-groups", "run-fields", "run-histograms", "run-bin", "project", "run"];

export interface Undo {
  /** Remembers what was done; gives what takes it back. */
  did: (step: Omit<Step, "id" | "at">) => () => void;
  undo: (() => void) | null;
  redo: (() => void) | null;
  refresh: () => Promise<void>;
}

export function useUndo({ owner, project }: ProjectPlace): Undo {
  const client = useQueryClient();
  const navigate = useNavigate();
  const name = `table.${owner}/${project}`;
  const [held, hold] = useState(() => ({ name, steps: readSteps(name) }));
  const steps = held.name === name ? held.steps : readSteps(name);
  const latest = useRef(steps);
  latest.current = steps;
  const turn = useRef<Promise<void>>(Promise.resolve());

  const keep = useCallback(
    (next: typeof steps) => {
      latest.current = next;
      hold({ name, steps: next });
      keepSteps(name, next);
    },
    [name],
  );

  const refresh = useCallback(async () => {
    await Promise.all(
      TOLD.map((one) => client.invalidateQueries({ queryKey: [one, owner, project] })),
    );
  }, [client, owner, project]);

  const act = useCallback(
    async (acts: readonly Act[]) => {
      for (const one of acts) await perform({ owner, project }, one, navigate);
      if (acts.some((one) => one.do !== "look")) await refresh();
    },
    [owner, project, navigate, refresh],
  );

  /** Goes a step back or on; what the server refuses is said, and stays as it was. */
  const step = useCallback(
    async (way: typeof undone, side: "undo" | "redo") => {
      const found = way(latest.current);
      if (!found) return;
      const [step, next] = found;
      try {
        await act(step[side]);
        keep(next);
        if (step[side].some((one) => one.do !== "look")) {
          toast(`${side === "undo" ? "Undone" : "Done again"}: ${step.text}`);
        }
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        toast(`Not ${side === "undo" ? "undone" : "done again"}: ${error.message}`);
      }
    },
    [act, keep],
  );
  /** One after the other: a key that is pressed again meanwhile is not lost. */
  const go = useCallback(
    (way: typeof undone, side: "undo" | "redo") => {
      turn.current = turn.current.then(() => step(way, side));
      return turn.current;
    },
    [step],
  );
  const undo = useCallback(() => void go(undone, "undo"), [go]);
  const redo = useCallback(() => void go(redone, "redo"), [go]);

  const did = useCallback(
    (done: Omit<Step, "id" | "at">) => {
      const step = { ...done, id: crypto.randomUUID(), at: Date.now() };
      keep(withStep(latest.current, step));
      return () => {
        if (latest.current.past.at(-1)?.id === step.id) return undo();
        // Others came after it: it alone is taken back.
        keep({ ...latest.current, past: latest.current.past.filter(({ id }) => id !== step.id) });
        act(step.undo).catch((error: unknown) => {
          if (!(error instanceof ApiError)) throw error;
          toast(`Not undone: ${error.message}`);
        });
      };
    },
    [keep, act, undo],
  );
  return useMemo(
    () => ({
      did,
      undo: steps.past.length ? undo : null,
      redo: steps.future.length ? redo : null,
      refresh,
    }),
    [did, steps, undo, redo, refresh],
  );
}

function stretches(runs: readonly string[]): string[][] {
  const count = Math.ceil(runs.length / AT_ONCE);
  return Array.from({ length: count }, (_, at) => runs.slice(at * AT_ONCE, (at + 1) * AT_ONCE));
}

async function perform(
  place: ProjectPlace,
  act: Act,
  navigate: ReturnType<typeof useNavigate>,
): Promise<void> {
  switch (act.do) {
    case "look":
      await navigate({ to: ".", search: act.search });
      return;
    case "patch":
      await changes.run(place.owner, place.project, act.run, act.patch);
      return;
    case "move": {
      const [owner = "", project = ""] = act.from.split("/");
      for (const runs of stretches(act.runs)) await many.move({ owner, project }, { runs }, act.to);
      return;
    }
    case "change":
      for (const runs of stretches(act.runs)) await many.change(place, { runs }, act.change);
      return;
    case "trash":
      for (const runs of stretches(act.runs)) await many.trash(place, { runs });
      return;
    case "restore":
      for (const runs of stretches(act.runs)) await many.restore(place, runs);
  }
}
