/** A value that is changed where it stands: Enter keeps it, Escape leaves it as it was. */
import { type KeyboardEvent, useEffect, useRef } from "react";
import styles from "./RunsTable.module.css";

interface InlineEditProps {
  label: string;
  value: string;
  onKeep: (value: string) => void;
  onLeave: () => void;
}

export function InlineEdit({ label, value, onKeep, onLeave }: InlineEditProps) {
  const field = useRef<HTMLInputElement>(null);
  const done = useRef(false);
  useEffect(() => field.current?.select(), []);
  const end = (keep: boolean) => {
    if (done.current) return;
    done.current = true;
    const grid = field.current?.closest<HTMLElement>("[role=grid]");
    const next = field.current?.value ?? value;
    if (keep && next !== value) onKeep(next);
    onLeave();
    grid?.focus({ preventScroll: true });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === "Enter") end(true);
    if (event.key === "Escape") end(false);
  };
  return (
    <input
      ref={field}
      className={styles.edit}
      aria-label={label}
      defaultValue={value}
      onKeyDown={onKeyDown}
      onBlur={() => end(true)}
    />
  );
}
