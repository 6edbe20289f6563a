/** The settings of a panel, beside it: what is chosen shows at once, for as much as is chosen. */
import { Popover } from "radix-ui";
import { lazy, type ReactElement, Suspense } from "react";
import { layers } from "../../kit/layers";
import styles from "./PanelSettings.module.css";

const PanelForm = lazy(() => import("./PanelForm"));

interface PanelSettingsProps {
  id: string;
  section: string;
  open: boolean;
  onOpen: (open: boolean) => void;
  trigger: ReactElement;
}

export function PanelSettings({ trigger, open, onOpen, ...place }: PanelSettingsProps) {
  return (
    <Popover.Root open={open} onOpenChange={onOpen}>
      <Popover.Trigger asChild>{trigger}</Popover.Trigger>
      <Popover.Portal container={layers()}>
        <Popover.Content
          aria-label="Panel settings"
          className={styles.popover}
          side="right"
          align="start"
          sideOffset={8}
          collisionPadding={8}
        >
          <Suspense fallback={<div className={styles.form} />}>
            <PanelForm {...place} />
          </Suspense>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
