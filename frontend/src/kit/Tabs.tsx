/** Parts of a page of which one is in sight; arrows go from one to the next. */
import { Tabs as Radix } from "radix-ui";
import type { ReactNode } from "react";
import styles from "./Tabs.module.css";

interface TabsProps<T extends string> {
  label: string;
  value: T;
  options: readonly { value: T; label: string }[];
  onChange: (value: T) => void;
  children: ReactNode;
}

export function Tabs<T extends string>({
  label,
  value,
  options,
  onChange,
  children,
}: TabsProps<T>) {
  return (
    <Radix.Root
      className={styles.root}
      value={value}
      activationMode="manual"
      onValueChange={(next) => onChange(next as T)}
    >
      <Radix.List className={styles.list} aria-label={label}>
        {options.map((option) => (
          <Radix.Trigger key={option.value} value={option.value} className={styles.tab}>
            {option.label}
          </Radix.Trigger>
        ))}
      </Radix.List>
      <Radix.Content value={value} tabIndex={-1} className={styles.content}>
        {children}
      </Radix.Content>
    </Radix.Root>
  );
}
