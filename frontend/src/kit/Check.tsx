/** Yes or no, with the words beside the box. */
import type { ReactNode } from "react";
import styles from "./Check.module.css";

interface CheckProps {
  value: boolean;
  onChange: (value: boolean) => void;
  children: ReactNode;
}

export function Check({ value, onChange, children }: CheckProps) {
  return (
    <label className={styles.check}>
      <input type="checkbox" checked={value} onChange={(event) => onChange(event.target.checked)} />
      <span>{children}</span>
    </label>
  );
}
