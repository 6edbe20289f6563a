/** Changes of many runs at once, each of which can be undone: from its message, or with Ctrl+Z. */
import { useCallback } from "react";
import { ApiError } from "../../api/client";
import { type BulkAnswer, type BulkChange, type Meant, many } from "../../api/runs-table";
import { plural } from "../../kit/format";
import { toast } from "../../kit/toast";
import type { Act } from "./undo";
import type { Undo } from "./useUndo";

/** What takes a change back; null where not all of what was there is known. */
export function undoing({ changed, before }: BulkAnswer, change: BulkChange): Act[] | null {
  if (before.length < changed) return null;
  const steps: Act[] = [];
  for (const tag of change.add_tags ?? []) {
    const runs = before.filter(({ tags }) => !tags.includes(tag)).map(({ id }) => id);
    steps.push({ do: "change", runs, change: { remove_tags: [tag] } });
  }
  for (const tag of change.remove_tags ?? []) {
    const runs = before.filter(({ tags }) => tags.includes(tag)).map(({ id }) => id);
    steps.push({ do: "change", runs, change: { add_tags: [tag] } });
  }
  if (change.group !== undefined) {
    for (const group of new Set(before.map((one) => one.group))) {
      const runs = before.filter((one) => one.group === group).map(({ id }) => id);
      steps.push({ do: "change", runs, change: { group } });
    }
  }
  return steps.filter((step) => !("runs" in step) || step.runs.length > 0);
}

export function useMany(owner: string, project: string, { did, refresh }: Undo) {
  const place = { owner, project };
  const here = `${owner}/${project}`;
  /** Does it, says what came of it, and says why where nothing did. */
  const attempt = useCallback(
    async (act: () => Promise<void>) => {
      try {
        await act();
        await refresh();
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        toast(error.message);
      }
    },
    [refresh],
  );
  /** Says what was done, with the way back. */
  const tell = (text: string, runs: readonly string[], undo: Act[] | null, redo: Act[]) => {
    if (runs.length === 0) return toast(text);
    if (undo === null) return toast(`${text}. These are too many to be undone.`);
    toast(text, { label: "Undo", run: did({ text, names: "", undo, redo }) });
  };
  return {
    change: (meant: Meant, change: BulkChange) =>
      attempt(async () => {
        const answer = await many.change(place, meant, change);
        const runs = answer.before.map(({ id }) => id);
        const text = `Changed ${plural(answer.changed, "run")}`;
        tell(text, runs, undoing(answer, change), [{ do: "change", runs, change }]);
      }),
    move: (meant: Meant, to: string) =>
      attempt(async () => {
        const { moved, runs } = await many.move(place, meant, to);
        const back: Act = { do: "move", runs, from: to, to: here };
        const again: Act = { do: "move", runs, from: here, to };
        tell(`Moved ${plural(moved, "run")} to ${to}`, runs, [back], [again]);
      }),
    trash: (meant: Meant) =>
      attempt(async () => {
        const { deleted, runs } = await many.trash(place, meant);
        const text = `Deleted ${plural(deleted, "run")}`;
        tell(text, runs, [{ do: "restore", runs }], [{ do: "trash", runs }]);
      }),
  };
}
