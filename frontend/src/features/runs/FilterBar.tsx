/** What runs are shown: words to look for, conditions as chips, or all conditions as one text. */
import { Search, TextCursorInput, X } from "lucide-react";
import { useEffect, useState } from "react";
import { type Filter, filterText, joined, meantAsFilter } from "../../api/filter-language";
import type { RunFields } from "../../api/runs-table";
import { IconButton } from "../../kit/Button";
import { Field } from "../../kit/Field";
import { Popover } from "../../kit/Menu";
import { ConditionEditor } from "./ConditionEditor";
import { partsIn, wrongWith } from "./conditions";
import styles from "./FilterBar.module.css";

const SETTLE_MS = 250;

interface WordsProps {
  q: string;
  onWords: (q: string) => void;
  onFilter: (text: string) => void; // Enter on what is a condition
}

/** Words are looked for while one types; a condition is taken with Enter. */
export function Words({ q, onWords, onFilter }: WordsProps) {
  const [text, setText] = useState(q);
  const [wrong, setWrong] = useState<string | null>(null);
  const condition = meantAsFilter(text);
  useEffect(() => {
    if (condition || text === q) return;
    const timer = setTimeout(() => onWords(text), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [text, q, condition, onWords]);
  const take = () => {
    const found = wrongWith(text);
    setWrong(found);
    if (found !== null) return;
    onFilter(text);
    setText(q && meantAsFilter(q) ? "" : q);
  };
  return (
    <div className={styles.words}>
      <Field
        label="Filter runs"
        placeholder="Filter: words, or config.lr > 0.1"
        icon={<Search size={15} aria-hidden />}
        value={text}
        wrong={wrong}
        onChange={(event) => {
          setText(event.target.value);
          setWrong(null);
        }}
        onKeyDown={(event) => event.key === "Enter" && condition && take()}
      />
      {condition && !wrong && <p className={styles.hint}>Enter adds this condition</p>}
    </div>
  );
}

interface FilterBarProps {
  filter: string;
  fields: RunFields | undefined;
  wrong: string | null; // what the server says of it
  onChange: (text: string) => void;
}

/** The conditions as chips, each of which can be changed; or as text. */
export function FilterBar({ filter, fields, wrong, onChange }: FilterBarProps) {
  const [asText, setAsText] = useState(wrongWith(filter) !== null);
  if (!filter && !asText) return null;
  const parts = partsIn(filter);
  const without = (index: number) => joined(parts.filter((_, at) => at !== index));
  const instead = (index: number, text: string) =>
    joined(parts.flatMap((part, at) => (at === index ? partsIn(text) : [part])));
  return (
    <section className={styles.bar} aria-label="Conditions">
      {asText ? (
        <FilterText value={filter} wrong={wrong} onChange={onChange} />
      ) : (
        <ul className={styles.chips}>
          {parts.map((part, index) => (
            <li key={filterText(part)} className={styles.chip} data-testid="condition">
              <Chip
                part={part}
                fields={fields}
                onChange={(text) => onChange(instead(index, text))}
              />
              <button
                type="button"
                className={styles.remove}
                aria-label={`Remove ${filterText(part)}`}
                onClick={() => onChange(without(index))}
              >
                <X size={13} aria-hidden />
              </button>
            </li>
          ))}
        </ul>
      )}
      {!asText && wrong && (
        <span role="alert" className={styles.wrong}>
          {wrong}
        </span>
      )}
      <IconButton
        label={asText ? "Show as chips" : "Edit as text"}
        pressed={asText}
        onClick={() => setAsText(!asText)}
      >
        <TextCursorInput size={15} aria-hidden />
      </IconButton>
    </section>
  );
}

interface ChipProps {
  part: Filter;
  fields: RunFields | undefined;
  onChange: (text: string) => void;
}

function Chip({ part, fields, onChange }: ChipProps) {
  const [open, setOpen] = useState(false);
  const text = filterText(part);
  if (part.kind !== "is") return <span className={styles.text}>{text}</span>;
  return (
    <Popover
      label="Change the condition"
      open={open}
      onOpenChange={setOpen}
      trigger={
        <button type="button" className={styles.text}>
          {text}
        </button>
      }
    >
      <ConditionEditor
        start={part}
        fields={fields}
        onDone={(next) => {
          setOpen(false);
          onChange(next);
        }}
      />
    </Popover>
  );
}

interface FilterTextProps {
  value: string;
  wrong: string | null;
  onChange: (text: string) => void;
}

/** What is right is applied as it is typed; what is wrong is said, and the last good stays. */
function FilterText({ value, wrong, onChange }: FilterTextProps) {
  const [text, setText] = useState(value);
  const found = wrongWith(text);
  useEffect(() => {
    if (found !== null || text === value) return;
    const timer = setTimeout(() => onChange(text), SETTLE_MS);
    return () => clearTimeout(timer);
  }, [text, value, found, onChange]);
  return (
    <Field
      className={styles.whole}
      label="Filter as text"
      placeholder='config.lr >= 3e-4 and tags has "ablation"'
      value={text}
      wrong={found ?? wrong}
      onChange={(event) => setText(event.target.value)}
    />
  );
}
