/** By what the runs are grouped, and what of a group is drawn. */
import { Popover } from "radix-ui";
import { lazy, type ReactElement, Suspense } from "react";
import { layers } from "../../kit/layers";
import type { GroupFormProps } from "./GroupForm";
import styles from "./GroupPicker.module.css";

const GroupForm = lazy(() => import("./GroupForm"));

interface GroupPickerProps extends GroupFormProps {
  trigger: ReactElement;
}

export function GroupPicker({ trigger, ...form }: GroupPickerProps) {
  return (
    <Popover.Root>
      <Popover.Trigger asChild>{trigger}</Popover.Trigger>
      <Popover.Portal container={layers()}>
        <Popover.Content
          aria-label="Group runs"
          className={styles.popover}
          align="start"
          sideOffset={4}
          collisionPadding={8}
        >
          <Suspense fallback={<div className={styles.form} />}>
            <GroupForm {...form} />
          </Suspense>
        </Popover.Content>
      </Popover.Portal>
    </Popover.Root>
  );
}
