/** Some of many names, found by a pattern: a button that tells how many, and a list to tick. */
import { ListFilter } from "lucide-react";
import { type ReactNode, useState } from "react";
import { Button } from "./Button";
import { Field } from "./Field";
import { count } from "./format";
import { Popover } from "./Menu";
import styles from "./NameChoice.module.css";
import { finder } from "./sections";

interface NameChoiceProps {
  label: string; // what the names are of: Metrics
  names: readonly string[];
  chosen: readonly string[];
  most: number;
  said: string; // how many are chosen
  onFlip: (name: string) => void;
  foot: (found: readonly string[], searched: boolean) => ReactNode;
}

const LISTED = 300; // a list of thousands would only be slow: the pattern narrows it

export function NameChoice(props: NameChoiceProps) {
  const { label, names, chosen, most, said, onFlip, foot } = props;
  const [text, write] = useState("");
  const found = names.filter(finder(text));
  const held = new Set(chosen);
  const full = held.size >= most;
  return (
    <Popover
      label={label}
      trigger={
        <Button icon={<ListFilter size={15} aria-hidden />} data-testid={label.toLowerCase()}>
          {label} <span className={styles.dim}>{said}</span>
        </Button>
      }
    >
      <div className={styles.choice}>
        <Field
          label={`Find ${label.toLowerCase()}`}
          placeholder="Find, regex"
          value={text}
          onChange={(event) => write(event.target.value)}
        />
        <ul>
          {found.slice(0, LISTED).map((name) => (
            <li key={name}>
              <label title={name}>
                <input
                  type="checkbox"
                  checked={held.has(name)}
                  disabled={!held.has(name) && full}
                  onChange={() => onFlip(name)}
                />
                <span>{name}</span>
              </label>
            </li>
          ))}
        </ul>
        {found.length > LISTED && (
          <p className={styles.dim}>{count(found.length - LISTED)} more: narrow the search</p>
        )}
        <div className={styles.foot}>
          {foot(found, text !== "")}
          {full && <span className={styles.dim}>at most {most}</span>}
        </div>
      </div>
    </Popover>
  );
}
