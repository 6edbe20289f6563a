/** Text input with room for an icon before and a control after. */
import type { InputHTMLAttributes, ReactNode, Ref } from "react";
import { classes } from "./classes";
import styles from "./Field.module.css";

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  label: string; // its accessible name; shown above it when `labelled`
  labelled?: boolean;
  icon?: ReactNode;
  after?: ReactNode;
  wrong?: string | null;
  ref?: Ref<HTMLInputElement>;
}

export function Field({ label, labelled, icon, after, wrong, className, ...rest }: FieldProps) {
  const box = (
    <span className={classes(styles.box, wrong && styles.wrong)}>
      {icon && <span className={styles.icon}>{icon}</span>}
      <input
        spellCheck={false}
        autoComplete="off"
        {...rest}
        aria-label={labelled ? undefined : label}
        aria-invalid={wrong ? true : undefined}
        className={styles.input}
      />
      {after}
    </span>
  );
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the input is in the box
    <label className={classes(styles.field, className)}>
      {labelled && <span className={styles.label}>{label}</span>}
      {box}
      {wrong && (
        <span className={styles.message} role="alert">
          {wrong}
        </span>
      )}
    </label>
  );
}

interface SliderProps {
  label: string;
  value: number;
  onChange: (value: number) => void;
}

/** 0 to 1. */
export function Slider({ label, value, onChange }: SliderProps) {
  return (
    <input
      className={styles.slider}
      type="range"
      min={0}
      max={1}
      step={0.01}
      value={value}
      aria-label={label}
      style={{ "--filled": `${value * 100}%` } as React.CSSProperties}
      onChange={(event) => onChange(Number(event.target.value))}
    />
  );
}
