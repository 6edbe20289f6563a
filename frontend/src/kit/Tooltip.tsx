/** A name for what has no words, shown on hover and on focus. */
import { Tooltip as Radix } from "radix-ui";
import type { ReactElement, ReactNode } from "react";
import styles from "./floating.module.css";
import { layers } from "./layers";

interface TooltipProps {
  text: string;
  hint?: string;
  side?: "top" | "right" | "bottom" | "left";
  children: ReactElement;
}

export function Tooltip({ text, hint, side = "bottom", children }: TooltipProps) {
  return (
    <Radix.Root>
      <Radix.Trigger asChild>{children}</Radix.Trigger>
      <Radix.Portal container={layers()}>
        <Radix.Content className={styles.tooltip} side={side} sideOffset={6} collisionPadding={8}>
          {text}
          {hint && <kbd className={styles.hint}>{hint}</kbd>}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}

export function TooltipProvider({ children }: { children: ReactNode }) {
  return (
    <Radix.Provider delayDuration={350} skipDelayDuration={200} disableHoverableContent>
      {children}
    </Radix.Provider>
  );
}
