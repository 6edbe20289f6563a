/** Asks what something is to be called, with one question more that is answered by yes or no. */
import { type FormEvent, useState } from "react";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { Field } from "./Field";
import styles from "./NameDialog.module.css";

interface NameDialogProps {
  label: string;
  name: string;
  question?: string;
  onClose: () => void;
  onSave: (name: string, yes: boolean) => void;
}

export default function NameDialog(props: NameDialogProps) {
  const { label, question, onClose, onSave } = props;
  const [name, setName] = useState(props.name);
  const [yes, say] = useState(false);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (name.trim()) onSave(name.trim(), yes);
  };
  return (
    <Dialog label={label} onClose={onClose}>
      <form className={styles.form} onSubmit={submit}>
        <Field
          label="Name"
          labelled
          required
          maxLength={128}
          value={name}
          onChange={(event) => setName(event.target.value)}
        />
        {question && (
          <label className={styles.question}>
            <input type="checkbox" checked={yes} onChange={(event) => say(event.target.checked)} />
            {question}
          </label>
        )}
        <div>
          <Button type="submit" variant="primary">
            Save
          </Button>
        </div>
      </form>
    </Dialog>
  );
}
