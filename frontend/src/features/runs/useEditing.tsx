/** Names, tags and notes, changed in their cells. */
import { useQueryClient } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { changePages } from "../../api/announcements";
import { ApiError } from "../../api/client";
import { change, type RunPages } from "../../api/queries";
import { many } from "../../api/runs-table";
import type { Run, RunPatch } from "../../api/types";
import { toast } from "../../kit/toast";
import type { RunColumn } from "./columns";
import { InlineEdit } from "./InlineEdit";
import type { Act } from "./undo";
import type { Undo } from "./useUndo";

export const EDITED = ["name", "tags", "notes"];

/** What a text means for a column. */
export function patchOf(column: string, text: string): RunPatch {
  if (column !== "tags") return { [column]: text.trim() || null };
  const tags = text.split(",").map((tag) => tag.trim());
  return { tags: [...new Set(tags.filter(Boolean))] };
}

const actOf = (column: string, run: string, patch: RunPatch): Act =>
  column === "notes"
    ? { do: "change", runs: [run], change: { notes: patch.notes ?? null } }
    : { do: "patch", run, patch };

/** What a column was, to be taken back to. */
function patchBack(column: string, run: Run): RunPatch {
  if (column === "tags") return { tags: [...run.tags] };
  return column === "notes" ? { notes: run.notes ?? null } : { name: run.name };
}

export function useEditing(owner: string, project: string, { did }: Undo) {
  const client = useQueryClient();
  const [editing, edit] = useState<{ run: string; column: string } | null>(null);
  const keep = useCallback(
    async (run: Run, column: string, text: string) => {
      const patch = patchOf(column, text);
      if (column === "name" && !text.trim()) return toast("A run needs a name: it keeps its own.");
      try {
        if (column === "notes") {
          // In a patch of one run, nothing is no change; here it takes the text away.
          await many.change({ owner, project }, { runs: [run.id] }, { notes: patch.notes ?? null });
        } else await change.run(owner, project, run.id, patch);
        const { tags = run.tags, name = run.name, notes = run.notes } = patch;
        for (const [key, pages] of client.getQueriesData<RunPages>({
          queryKey: ["runs", owner, project],
        })) {
          const news = { id: run.id, tags: tags ?? [], name: name ?? run.name, notes };
          if (pages) client.setQueryData(key, changePages(pages, [news]));
        }
        did({
          text: `${column} of ${run.name}`,
          names: "",
          undo: [actOf(column, run.id, patchBack(column, run))],
          redo: [actOf(column, run.id, patch)],
        });
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        toast(`Not kept: ${error.message}`);
      }
    },
    [client, owner, project, did],
  );
  /** The column with a field in the cell that is changed. */
  const editable = useCallback(
    (column: RunColumn): RunColumn => {
      if (editing?.column !== column.id) return column;
      return {
        ...column,
        cell: (run) =>
          run.id === editing.run ? (
            <InlineEdit
              label={`${column.label} of ${run.name}`}
              value={String(column.value?.(run) ?? "")}
              onKeep={(text) => void keep(run, column.id, text)}
              onLeave={() => edit(null)}
            />
          ) : (
            column.cell(run)
          ),
      };
    },
    [editing, keep],
  );
  const begin = useCallback((run: Run, column: string) => {
    if (EDITED.includes(column)) edit({ run: run.id, column });
  }, []);
  return { editable, begin };
}
