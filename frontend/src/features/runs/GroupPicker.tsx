/** By which columns runs are put together: up to four, the first one outermost. */
import { Layers } from "lucide-react";
import { useState } from "react";
import { Button } from "../../kit/Button";
import { Field } from "../../kit/Field";
import { Popover } from "../../kit/Menu";
import { matcher } from "./ColumnPicker";
import type { RunColumn } from "./columns";
import { writeColumns } from "./layout";
import styles from "./RunsTable.module.css";

interface GroupPickerProps {
  all: readonly RunColumn[];
  by: readonly string[];
  onChange: (ids: string) => void;
}

const MOST = 4;
const SHOWN = 100;
const FIXED = ["state", "group", "user", "tags"];

export function GroupPicker({ all, by, onChange }: GroupPickerProps) {
  const [text, setText] = useState("");
  const matches = matcher(text);
  const able = all.filter(
    ({ id }) => (id.startsWith("config.") || FIXED.includes(id)) && matches(id),
  );
  const flip = (id: string) => {
    const next = by.includes(id) ? by.filter((one) => one !== id) : [...by, id];
    onChange(writeColumns(next.map((one) => ({ id: one }))));
  };
  return (
    <Popover
      align="end"
      label="Group by"
      trigger={
        <Button icon={<Layers size={15} aria-hidden />} data-testid="group-by">
          {by.length ? `Grouped by ${by.length}` : "Group by"}
        </Button>
      }
    >
      <div className={styles.picker}>
        <Field
          label="Find keys"
          placeholder="Find keys"
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <ul className={styles.choices}>
          {able.slice(0, SHOWN).map(({ id }) => (
            <li key={id}>
              <label>
                <input
                  type="checkbox"
                  checked={by.includes(id)}
                  disabled={!by.includes(id) && by.length >= MOST}
                  onChange={() => flip(id)}
                />
                <span>{id}</span>
              </label>
            </li>
          ))}
        </ul>
        <Button size="small" disabled={by.length === 0} onClick={() => onChange("")}>
          Not grouped
        </Button>
      </div>
    </Popover>
  );
}
