/** A menu at a point of the page: what a right click, or a key on a cell, opens. */
import { DropdownMenu } from "radix-ui";
import type { ReactNode } from "react";
import styles from "./floating.module.css";
import { layers } from "./layers";

interface MenuAtProps {
  at: { x: number; y: number };
  label: string;
  onClose: () => void;
  children: ReactNode;
}

export function MenuAt({ at, label, onClose, children }: MenuAtProps) {
  return (
    <DropdownMenu.Root open modal={false} onOpenChange={(open) => !open && onClose()}>
      <DropdownMenu.Trigger asChild>
        <span
          aria-hidden
          style={{
            position: "fixed",
            left: at.x,
            top: at.y,
            width: 1,
            height: 1,
            pointerEvents: "none",
          }}
        />
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal container={layers()}>
        <DropdownMenu.Content
          aria-label={label}
          className={styles.menu}
          align="start"
          sideOffset={2}
          collisionPadding={8}
          onCloseAutoFocus={(event) => event.preventDefault()}
        >
          {children}
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}
