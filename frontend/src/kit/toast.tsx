/** Short messages at the corner, with at most one action; they leave by themselves. */
import { X } from "lucide-react";
import { create } from "zustand";
import { IconButton } from "./Button";
import styles from "./toast.module.css";

interface Toast {
  id: number;
  text: string;
  action?: { label: string; run: () => void };
}

const STAYS_MS = 6000;

const useToasts = create<{ toasts: Toast[] }>(() => ({ toasts: [] }));
let made = 0;

function drop(id: number): void {
  useToasts.setState(({ toasts }) => ({ toasts: toasts.filter((toast) => toast.id !== id) }));
}

export function toast(text: string, action?: Toast["action"]): void {
  made += 1;
  const id = made;
  useToasts.setState(({ toasts }) => ({ toasts: [...toasts.slice(-2), { id, text, action }] }));
  setTimeout(() => drop(id), STAYS_MS);
}

export function Toaster() {
  const toasts = useToasts((state) => state.toasts);
  return (
    <section className={styles.stack} aria-label="Messages" aria-live="polite">
      {toasts.map(({ id, text, action }) => (
        <div key={id} className={styles.toast}>
          <span>{text}</span>
          {action && (
            <button
              type="button"
              className={styles.action}
              onClick={() => {
                action.run();
                drop(id);
              }}
            >
              {action.label}
            </button>
          )}
          <IconButton label="Dismiss" size="small" onClick={() => drop(id)}>
            <X size={14} aria-hidden />
          </IconButton>
        </div>
      ))}
    </section>
  );
}
