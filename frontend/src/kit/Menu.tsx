/** Menus and popovers that float over the page without moving it. */
import { Check } from "lucide-react";
import { DropdownMenu, Popover as RadixPopover } from "radix-ui";
import { type ReactElement, type ReactNode, Suspense } from "react";
import styles from "./floating.module.css";
import { layers } from "./layers";

interface FloatingProps {
  trigger: ReactElement;
  align?: "start" | "center" | "end";
  children: ReactNode;
}

/** Its items may be fetched when it is opened. */
export function Menu({ trigger, align = "start", children }: FloatingProps) {
  return (
    <DropdownMenu.Root modal={false}>
      <DropdownMenu.Trigger asChild>{trigger}</DropdownMenu.Trigger>
      <DropdownMenu.Portal container={layers()}>
        <DropdownMenu.Content
          className={styles.menu}
          align={align}
          sideOffset={4}
          collisionPadding={8}
        >
          <Suspense fallback={<div className={styles.awaited} />}>{children}</Suspense>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  );
}

interface ItemProps {
  icon?: ReactNode;
  hint?: string;
  danger?: boolean;
  onSelect: () => void;
  children: ReactNode;
}

export function MenuItem({ icon, hint, danger, onSelect, children }: ItemProps) {
  return (
    <DropdownMenu.Item
      className={styles.item}
      data-danger={danger || undefined}
      onSelect={onSelect}
    >
      {icon}
      <span className={styles.words}>{children}</span>
      {hint && <kbd className={styles.hint}>{hint}</kbd>}
    </DropdownMenu.Item>
  );
}

interface ChoiceProps<T extends string> {
  value: T;
  options: readonly { value: T; label: string; mark?: ReactNode }[];
  onChange: (value: T) => void;
}

/** One of several, as the items of a menu. */
export function MenuChoice<T extends string>({ value, options, onChange }: ChoiceProps<T>) {
  return (
    <DropdownMenu.RadioGroup value={value} onValueChange={(next) => onChange(next as T)}>
      {options.map((option) => (
        <DropdownMenu.RadioItem key={option.value} value={option.value} className={styles.item}>
          {option.mark}
          <span className={styles.words}>{option.label}</span>
          <DropdownMenu.ItemIndicator>
            <Check size={14} aria-hidden />
          </DropdownMenu.ItemIndicator>
        </DropdownMenu.RadioItem>
      ))}
    </DropdownMenu.RadioGroup>
  );
}

export function MenuLabel({ children }: { children: ReactNode }) {
  return <DropdownMenu.Label className={styles.label}>{children}</DropdownMenu.Label>;
}

export function MenuLine() {
  return <DropdownMenu.Separator className={styles.separator} />;
}

interface PopoverProps extends FloatingProps {
  label: string;
  open?: boolean | undefined; // where the owner opens and closes it
  onOpenChange?: ((open: boolean) => void) | undefined;
}

export function Popover(props: PopoverProps) {
  const { trigger, align = "start", label, open, onOpenChange, children } = props;
  const owned = open === undefined ? {} : { open };
  return (
    <RadixPopover.Root {...owned} {...(onOpenChange ? { onOpenChange } : {})}>
      <RadixPopover.Trigger asChild>{trigger}</RadixPopover.Trigger>
      <RadixPopover.Portal container={layers()}>
        <RadixPopover.Content
          aria-label={label}
          className={styles.popover}
          align={align}
          sideOffset={4}
          collisionPadding={8}
        >
          {children}
        </RadixPopover.Content>
      </RadixPopover.Portal>
    </RadixPopover.Root>
  );
}
