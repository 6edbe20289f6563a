import { useMemo, useState } from "react";
import type { Spread } from "../../api/spread";
import type { Run } from "../../api/types";
import { Button } from "../../kit/Button";
import { Field } from "../../kit/Field";
import styles from "./GroupPicker.module.css";
import { BUT, CONFIG, differing, GROUP_FIELDS, leavesOf } from "./groups";
import type { ChangeView } from "./useView";
import { CENTERS, SPREADS, type View } from "./view";

const FIELD_NAMES: Record<string, string> = {
  group: "Group",
  job_type: "Job type",
  tags: "Tags",
  state: "State",
  user: "User",
};
const CENTER_NAMES = { mean: "Mean", median: "Median" };
const SPREAD_NAMES: Record<Spread, string> = {
  minmax: "Lowest to highest",
  std: "Standard deviation",
  stderr: "Standard error",
  ci: "95 % confidence",
  quantiles: "Middle half",
  none: "No band",
};
const MOST_KEYS = 200;

export interface GroupFormProps {
  view: View;
  runs: readonly Run[];
  onChange: ChangeView;
}

export default function GroupForm({ view, runs, onChange }: GroupFormProps) {
  const [find, setFind] = useState("");
  const but = view.group.some((name) => name.startsWith(BUT));
  const set = (group: readonly string[]) => onChange((before) => ({ ...before, group }));
  const keys = useMemo(() => configKeys(runs), [runs]);
  const spelled = (key: string) => (but ? `${BUT}${key}` : `${CONFIG}${key}`);
  const toggle = (name: string) => {
    const left = view.group.filter((one) => one !== name && one !== BUT);
    const next = view.group.includes(name) ? left : [...left, name];
    set(but && !next.some((one) => one.startsWith(BUT)) ? [...next, BUT] : next);
  };
  const turn = (all: boolean) => {
    const fields = view.group.filter((one) => !one.startsWith(BUT) && !one.startsWith(CONFIG));
    set(all ? [...fields, BUT] : fields);
  };
  const found = keys.filter((key) => key.toLowerCase().includes(find.toLowerCase()));
  return (
    <div className={styles.form}>
      <fieldset>
        <legend>Group by</legend>
        <div className={styles.fields}>
          {GROUP_FIELDS.map((name) => (
            <Check
              key={name}
              label={FIELD_NAMES[name] ?? name}
              value={view.group.includes(name)}
              onChange={() => toggle(name)}
            />
          ))}
        </div>
      </fieldset>
      <fieldset>
        <legend>{but ? "All of the config, but" : "Config"}</legend>
        <Check label="All keys but those chosen" value={but} onChange={() => turn(!but)} />
        {keys.length > 8 && (
          <Field
            label="Find keys of the config"
            placeholder="Find keys"
            value={find}
            onChange={(event) => setFind(event.target.value)}
          />
        )}
        <div className={styles.keys}>
          {found.slice(0, MOST_KEYS).map((key) => (
            <Check
              key={key}
              label={key}
              value={view.group.includes(spelled(key))}
              onChange={() => toggle(spelled(key))}
            />
          ))}
          {keys.length === 0 && <p>No run has a config.</p>}
        </div>
      </fieldset>
      <div className={styles.pair}>
        <Choice
          label="Line"
          value={view.center}
          options={CENTERS.map((one) => [one, CENTER_NAMES[one]])}
          onChange={(center) => onChange((before) => ({ ...before, center }))}
        />
        <Choice
          label="Band"
          value={view.spread}
          options={SPREADS.map((one) => [one, SPREAD_NAMES[one]])}
          onChange={(spread) => onChange((before) => ({ ...before, spread }))}
        />
      </div>
      {view.group.length > 0 && (
        <Button size="small" onClick={() => set([])}>
          Do not group
        </Button>
      )}
    </div>
  );
}

/** Those by which the runs differ first: by the others there is nothing to group. */
function configKeys(runs: readonly Run[]): string[] {
  const all = runs.map((run) => leavesOf(run.config));
  const first = differing(all);
  const others = new Set(all.flatMap((leaves) => [...leaves.keys()]).sort());
  return [...new Set([...first, ...others])].filter((key) => !key.startsWith("_"));
}

interface CheckProps {
  label: string;
  value: boolean;
  onChange: () => void;
}

function Check({ label, value, onChange }: CheckProps) {
  return (
    <label className={styles.check}>
      <input type="checkbox" checked={value} onChange={onChange} />
      <span title={label}>{label}</span>
    </label>
  );
}

interface ChoiceProps<T extends string> {
  label: string;
  value: T;
  options: readonly (readonly [T, string])[];
  onChange: (value: T) => void;
}

function Choice<T extends string>({ label, value, options, onChange }: ChoiceProps<T>) {
  return (
    <label className={styles.choice}>
      <span>{label}</span>
      <select value={value} onChange={(event) => onChange(event.target.value as T)}>
        {options.map(([one, text]) => (
          <option key={one} value={one}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
