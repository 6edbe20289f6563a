/** Buttons: with words, or with an icon alone and its name in a tooltip. */
import type { ButtonHTMLAttributes, ReactNode, Ref } from "react";
import styles from "./Button.module.css";
import { classes } from "./classes";
import { Tooltip } from "./Tooltip";

type Native = ButtonHTMLAttributes<HTMLButtonElement> & { ref?: Ref<HTMLButtonElement> };

interface ButtonProps extends Native {
  variant?: "primary" | "outline" | "ghost" | "danger";
  size?: "medium" | "small";
  icon?: ReactNode;
}

export function Button({
  variant = "outline",
  size = "medium",
  icon,
  className,
  children,
  ...rest
}: ButtonProps) {
  return (
    <button
      type="button"
      {...rest}
      className={classes(styles.button, styles[variant], styles[size], className)}
    >
      {icon}
      {children}
    </button>
  );
}

interface IconButtonProps extends Native {
  label: string;
  hint?: string; // the shortcut, shown beside the name
  size?: "medium" | "small";
  pressed?: boolean;
  side?: "top" | "right" | "bottom" | "left";
}

export function IconButton({
  label,
  hint,
  size = "medium",
  pressed,
  side = "bottom",
  className,
  children,
  ...rest
}: IconButtonProps) {
  return (
    <Tooltip text={label} hint={hint} side={side}>
      <button
        type="button"
        aria-label={label}
        aria-pressed={pressed}
        {...rest}
        className={classes(styles.icon, styles[`icon-${size}`], className)}
      >
        {children}
      </button>
    </Tooltip>
  );
}
