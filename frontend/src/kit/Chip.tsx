/** Small marks: a toggle that stays on, a badge that only says something. */
import type { ButtonHTMLAttributes, ReactNode } from "react";
import styles from "./Chip.module.css";
import { classes } from "./classes";

interface ChipProps extends ButtonHTMLAttributes<HTMLButtonElement> {
  pressed: boolean;
}

export function Chip({ pressed, className, ...rest }: ChipProps) {
  return (
    <button
      type="button"
      aria-pressed={pressed}
      {...rest}
      className={classes(styles.chip, className)}
    />
  );
}

interface BadgeProps {
  tone?: "neutral" | "ok" | "warn" | "bad" | "accent";
  title?: string;
  children: ReactNode;
}

export function Badge({ tone = "neutral", title, children }: BadgeProps) {
  return (
    <span className={classes(styles.badge, styles[tone])} title={title}>
      {children}
    </span>
  );
}
