/** Which columns a table has: searched by name, ticked one by one. */
import { Search } from "lucide-react";
import { useState } from "react";
import { Button } from "../../kit/Button";
import { Field } from "../../kit/Field";
import type { RunColumn } from "./columns";
import styles from "./RunsTable.module.css";

interface ColumnPickerProps {
  all: readonly RunColumn[];
  chosen: readonly string[];
  onChange: (ids: string[] | undefined) => void;
}

const SHOWN_AT_MOST = 200; // of a list that one searches anyway

export function ColumnPicker({ all, chosen, onChange }: ColumnPickerProps) {
  const [text, setText] = useState("");
  const low = text.toLowerCase();
  const found = all.filter((one) => `${one.group ?? ""}${one.label}`.toLowerCase().includes(low));
  const flip = (id: string) =>
    onChange(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]);
  return (
    <div className={styles.picker}>
      <Field
        label="Find columns"
        placeholder="Find columns"
        icon={<Search size={15} aria-hidden />}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      <ul className={styles.choices}>
        {found.slice(0, SHOWN_AT_MOST).map((column) => (
          <li key={column.id}>
            <label>
              <input
                type="checkbox"
                checked={chosen.includes(column.id)}
                onChange={() => flip(column.id)}
              />
              <span>
                {column.group && <span className={styles.dim}>{column.group}</span>}
                {column.label}
              </span>
            </label>
          </li>
        ))}
      </ul>
      {found.length > SHOWN_AT_MOST && (
        <p className={styles.dim}>{found.length - SHOWN_AT_MOST} more: search for them.</p>
      )}
      <Button size="small" onClick={() => onChange(undefined)}>
        Back to the usual
      </Button>
    </div>
  );
}
