/** Which columns a table has: searched by a pattern, narrowed to those that tell runs apart. */
import { Search } from "lucide-react";
import { useState } from "react";
import type { RunField, RunFields } from "../../api/runs-table";
import { Button } from "../../kit/Button";
import { Chip } from "../../kit/Chip";
import { Field } from "../../kit/Field";
import { count } from "../../kit/format";
import type { RunColumn } from "./columns";
import styles from "./RunsTable.module.css";

interface ColumnPickerProps {
  all: readonly RunColumn[];
  chosen: readonly string[];
  fields: RunFields | undefined;
  onChange: (ids: string[] | null) => void;
  histograms: boolean;
  onHistograms: (shown: boolean) => void;
}

const SHOWN_AT_MOST = 200; // of a list that one searches anyway

/** Whether a name matches; a pattern that is none is looked for as it is written. */
export function matcher(text: string): (name: string) => boolean {
  try {
    const pattern = new RegExp(text, "i");
    return (name) => pattern.test(name);
  } catch {
    return (name) => name.toLowerCase().includes(text.toLowerCase());
  }
}

function byColumn(fields: RunFields | undefined): Map<string, RunField> {
  const named = (part: "config" | "summary") =>
    (fields?.[part] ?? []).map((field) => [`${part}.${field.key}`, field] as const);
  return new Map([...named("config"), ...named("summary")]);
}

export function ColumnPicker(props: ColumnPickerProps) {
  const { all, chosen, fields, onChange, histograms, onHistograms } = props;
  const [text, setText] = useState("");
  const [differing, setDiffering] = useState(false);
  const [filled, setFilled] = useState(false);
  const known = byColumn(fields);
  const matches = matcher(text);
  const found = all.filter(({ id, label }) => {
    const field = known.get(id);
    if (field && differing && !field.differs) return false;
    if (fields && field && filled && field.runs < fields.runs) return false;
    return matches(id) || matches(label);
  });
  const ids = found.map(({ id }) => id);
  const flip = (id: string) =>
    onChange(chosen.includes(id) ? chosen.filter((one) => one !== id) : [...chosen, id]);
  return (
    <div className={styles.picker}>
      <Field
        label="Find columns"
        placeholder="Find columns, e.g. ^config.*lr"
        icon={<Search size={15} aria-hidden />}
        value={text}
        onChange={(event) => setText(event.target.value)}
      />
      {fields && (
        <div className={styles.row}>
          <Chip pressed={differing} onClick={() => setDiffering(!differing)}>
            Only differing
          </Chip>
          <Chip pressed={filled} onClick={() => setFilled(!filled)}>
            Only non-empty
          </Chip>
        </div>
      )}
      <ul className={styles.choices}>
        {found.slice(0, SHOWN_AT_MOST).map(({ id, label, band }) => (
          <li key={id}>
            <label>
              <input type="checkbox" checked={chosen.includes(id)} onChange={() => flip(id)} />
              <span>
                {band && <span className={styles.dim}>{id.slice(0, id.indexOf(".") + 1)}</span>}
                {label}
              </span>
            </label>
          </li>
        ))}
      </ul>
      {found.length === 0 && <p className={styles.dim}>No column matches.</p>}
      {found.length > SHOWN_AT_MOST && (
        <p className={styles.dim}>{count(found.length - SHOWN_AT_MOST)} more: search for them.</p>
      )}
      <div className={styles.row}>
        <Button size="small" onClick={() => onChange([...new Set([...chosen, ...ids])])}>
          Show these
        </Button>
        <Button size="small" onClick={() => onChange(chosen.filter((id) => !ids.includes(id)))}>
          Hide these
        </Button>
        <Button size="small" onClick={() => onChange(null)}>
          Back to the usual
        </Button>
        <Chip pressed={histograms} onClick={() => onHistograms(!histograms)}>
          Histograms
        </Chip>
      </div>
    </div>
  );
}
