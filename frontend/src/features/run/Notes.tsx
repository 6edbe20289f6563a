/** What people wrote about a run. Saved when one is done writing. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { ApiError } from "../../api/client";
import { change } from "../../api/queries";
import type { Run, RunPatch } from "../../api/types";
import { Field } from "../../kit/Field";
import { toast } from "../../kit/toast";
import styles from "./RunPage.module.css";

export function Notes({ run }: { run: Run }) {
  const client = useQueryClient();
  const { owner, project, id } = run;
  const [notes, setNotes] = useState(run.notes ?? "");
  const [tags, setTags] = useState(run.tags.join(", "));
  const save = useMutation<Run, ApiError, RunPatch>({
    mutationFn: (patch) => change.run(owner, project, id, patch),
    onSuccess: (next) => client.setQueryData(["run", owner, project, id], next),
    onError: (error) => toast(`Not saved: ${error.message}`),
  });
  const saveNotes = () => {
    if (notes !== (run.notes ?? "")) save.mutate({ notes });
  };
  const saveTags = () => {
    const next = tags
      .split(",")
      .map((tag) => tag.trim())
      .filter(Boolean);
    if (next.join() !== run.tags.join()) save.mutate({ tags: next });
  };
  return (
    <section className={styles.card} aria-labelledby="card-notes">
      <header className={styles.cardHeader}>
        <h2 id="card-notes">Notes</h2>
      </header>
      <textarea
        className={styles.notes}
        aria-label="Notes"
        placeholder="What was this run about?"
        rows={4}
        value={notes}
        onChange={(event) => setNotes(event.target.value)}
        onBlur={saveNotes}
      />
      <Field
        label="Tags, with commas in between"
        labelled
        placeholder="baseline, ablation"
        value={tags}
        onChange={(event) => setTags(event.target.value)}
        onBlur={saveTags}
        onKeyDown={(event) => event.key === "Enter" && saveTags()}
      />
    </section>
  );
}
