/**
 * A layer as large as the page, below menus and tooltips (which the browser's own modal dialog
 * would cover). What is under it takes no clicks and no keys.
 */
import { type ReactNode, useLayoutEffect, useRef } from "react";
import { createPortal } from "react-dom";
import styles from "./Dialog.module.css";
import { layers } from "./layers";

interface OverlayProps {
  label: string;
  onClose: () => void;
  onKey?: (key: string) => void;
  children: ReactNode;
}

export function Overlay({ label, onClose, onKey, children }: OverlayProps) {
  const ref = useRef<HTMLDivElement>(null);
  const latest = useRef({ onClose, onKey });
  latest.current = { onClose, onKey };
  // Before it is seen, so that a key that is pressed then is its own.
  useLayoutEffect(() => {
    const page = document.getElementById("root");
    const before = document.activeElement;
    if (page) page.inert = true;
    ref.current?.focus();
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.defaultPrevented || document.querySelector("dialog[open]")) return;
      if (event.key === "Escape") latest.current.onClose();
      else latest.current.onKey?.(event.key);
    };
    window.addEventListener("keydown", onKeyDown);
    return () => {
      window.removeEventListener("keydown", onKeyDown);
      if (page) page.inert = false;
      if (before instanceof HTMLElement) before.focus();
    };
  }, []);
  return createPortal(
    <div
      ref={ref}
      role="dialog"
      aria-modal="true"
      aria-label={label}
      tabIndex={-1}
      className={styles.overlay}
    >
      {children}
    </div>,
    layers(),
  );
}
