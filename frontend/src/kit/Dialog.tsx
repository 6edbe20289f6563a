/** A layer over the page that keeps the keyboard until it is closed. The browser's own. */
import { X } from "lucide-react";
import { type ReactNode, useEffect, useRef } from "react";
import { IconButton } from "./Button";
import { classes } from "./classes";
import styles from "./Dialog.module.css";

interface DialogProps {
  label: string;
  size?: "small" | "palette" | "full";
  bare?: boolean; // no header of its own
  onClose: () => void;
  children: ReactNode;
}

export function Dialog({ label, size = "small", bare, onClose, children }: DialogProps) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current;
    if (dialog && !dialog.open) dialog.showModal();
    // On the close button the focus would open a hint, and Escape would close that instead.
    const first = dialog?.querySelector<HTMLElement>("[data-first]"); // what is to be filled in
    if (!bare) (first ?? dialog)?.focus();
    return () => dialog?.close();
  }, [bare]);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: Escape closes it through onCancel
    <dialog
      ref={ref}
      aria-label={label}
      tabIndex={-1}
      className={classes(styles.dialog, styles[size])}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => event.target === ref.current && onClose()}
    >
      <div className={styles.body}>
        {!bare && (
          <header className={styles.header}>
            <h2>{label}</h2>
            <IconButton label="Close" hint="Esc" onClick={onClose}>
              <X size={16} aria-hidden />
            </IconButton>
          </header>
        )}
        {children}
      </div>
    </dialog>
  );
}
