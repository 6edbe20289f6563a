/** One condition, put together from a field, an operator and a value. */
import { useId, useState } from "react";
import {
  type Condition,
  conditionText,
  FIELDS,
  type Operator,
  parseFilter,
} from "../../api/filter-language";
import { fieldText, OPERATORS } from "../../api/filter-words";
import type { RunFields } from "../../api/runs-table";
import { Button } from "../../kit/Button";
import { Field } from "../../kit/Field";
import { STATES } from "../../kit/marks";
import { wrongWith } from "./conditions";
import styles from "./FilterBar.module.css";

interface ConditionEditorProps {
  start?: Condition;
  fields: RunFields | undefined;
  onDone: (text: string) => void;
}

const WORDS = Object.keys(OPERATORS) as Operator[];
const ALONE: readonly string[] = ["exists", "missing"];

/** The value of a condition as it stands behind the operator. */
function valueBehind(start: Condition | undefined): string {
  if (!start) return "";
  return conditionText(start)
    .slice(`${fieldText(start.field)} ${start.operator}`.length)
    .trim();
}

export function ConditionEditor({ start, fields, onDone }: ConditionEditorProps) {
  const id = useId();
  const [field, setField] = useState(start ? fieldText(start.field) : "");
  const [operator, setOperator] = useState<Operator>(start?.operator ?? "=");
  const [value, setValue] = useState(valueBehind(start));
  const [wrong, setWrong] = useState<string | null>(null);
  const names = [
    ...FIELDS,
    ...(fields?.config ?? []).map(({ key }) => fieldText(`config.${key}`)),
    ...(fields?.summary ?? []).map(({ key }) => fieldText(`summary.${key}`)),
  ];
  const take = () => {
    const list = operator === "in" || operator === "not in";
    const said = list && !value.trim().startsWith("(") ? `(${value})` : value;
    const tried = `${field} ${operator} ${ALONE.includes(operator) ? "" : said}`.trim();
    // Words with spaces are one text, whether or not somebody wrote the quotes.
    const inQuotes = `${field} ${operator} ${JSON.stringify(value)}`;
    const text = wrongWith(tried) !== null && wrongWith(inQuotes) === null ? inQuotes : tried;
    const found = wrongWith(text);
    setWrong(found);
    if (found === null && parseFilter(text)) onDone(text);
  };
  return (
    <form
      className={styles.editor}
      onSubmit={(event) => {
        event.preventDefault();
        take();
      }}
    >
      <Field
        labelled
        label="Field"
        list={`${id}-fields`}
        placeholder="config.lr"
        value={field}
        onChange={(event) => setField(event.target.value)}
      />
      <datalist id={`${id}-fields`}>
        {names.map((name) => (
          <option key={name} value={name} />
        ))}
      </datalist>
      <label className={styles.operator}>
        <span>Operator</span>
        <select value={operator} onChange={(event) => setOperator(event.target.value as Operator)}>
          {WORDS.map((word) => (
            <option key={word} value={word}>
              {word}
            </option>
          ))}
        </select>
      </label>
      {!ALONE.includes(operator) && (
        <Field
          labelled
          label="Value"
          list={field === "state" ? `${id}-values` : undefined}
          value={value}
          onChange={(event) => setValue(event.target.value)}
        />
      )}
      <datalist id={`${id}-values`}>
        {STATES.map((state) => (
          <option key={state} value={state} />
        ))}
      </datalist>
      {wrong && (
        <p role="alert" className={styles.wrong}>
          {wrong}
        </p>
      )}
      <Button type="submit" variant="primary" size="small">
        {start ? "Change" : "Add condition"}
      </Button>
    </form>
  );
}
