/** One of several, as the browser lets choose; its name stands before it. */
import styles from "./Select.module.css";

export interface SelectOption {
  value: string;
  label: string;
}

interface SelectProps {
  label: string;
  hidden?: boolean; // its name is told to screen readers alone
  above?: boolean; // its name stands above it, and it is as wide as there is room
  value: string;
  options: readonly SelectOption[];
  onChange: (value: string) => void;
}

export function Select({ label, hidden, above, value, options, onChange }: SelectProps) {
  return (
    <label className={above ? styles.above : styles.select}>
      <span className={hidden ? "hidden-text" : undefined}>{label}</span>
      <select value={value} onChange={(event) => onChange(event.target.value)}>
        {options.map((option) => (
          <option key={option.value} value={option.value}>
            {option.label}
          </option>
        ))}
      </select>
    </label>
  );
}
