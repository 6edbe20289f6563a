/** Asks what a view is to be called, and who may see it. */
import { type FormEvent, useState } from "react";
import { Button } from "../../kit/Button";
import { Check } from "../../kit/Check";
import { Dialog } from "../../kit/Dialog";
import { Field } from "../../kit/Field";
import styles from "./ViewBar.module.css";

interface SaveAsProps {
  name: string;
  onClose: () => void;
  onSave: (name: string, shared: boolean) => void;
}

export default function SaveAs({ name: before, onClose, onSave }: SaveAsProps) {
  const [name, setName] = useState(before);
  const [shared, share] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim()) onSave(name.trim(), shared);
  };
  return (
    <Dialog label="Save view" onClose={onClose}>
      <form className={styles.form} onSubmit={submit}>
        <Field
          label="Name"
          labelled
          data-first
          required
          maxLength={128}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        <Check value={shared} onChange={share}>
          Shared with everybody in the project
        </Check>
        <div>
          <Button type="submit" variant="primary">
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
