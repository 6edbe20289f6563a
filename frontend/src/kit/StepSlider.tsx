/** One of many steps: a slider whose arrows, Home and End are the browser's own. */
import { count } from "./format";
import styles from "./StepSlider.module.css";

interface StepSliderProps {
  label: string;
  steps: readonly number[];
  at: number; // an index of `steps`
  many?: number; // how many there will be, while they are not known
  onChange: (at: number) => void;
}

/** With a single step there is nothing to slide, and only its number is shown. */
export function StepSlider({ label, steps, at, many = 0, onChange }: StepSliderProps) {
  const waits = steps.length < many;
  const last = waits ? many - 1 : steps.length - 1;
  const place = waits ? last : at;
  const step = steps[at];
  const widest = Math.max(0, ...[steps[0], steps.at(-1)].map((one) => count(one ?? 0).length));
  return (
    <span className={styles.steps}>
      {last > 0 && (
        <input
          className={styles.slider}
          type="range"
          min={0}
          max={last}
          step={1}
          value={place}
          disabled={waits}
          aria-label={label}
          aria-valuetext={`step ${count(step ?? 0)}, ${place + 1} of ${last + 1}`}
          style={{ "--filled": `${(place / last) * 100}%` } as React.CSSProperties}
          onChange={(event) => onChange(Number(event.target.value))}
        />
      )}
      <span className={styles.number} data-testid="step" data-step={step}>
        step <b style={{ minWidth: `${widest}ch` }}>{step === undefined ? "–" : count(step)}</b>
      </span>
    </span>
  );
}
