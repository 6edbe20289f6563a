/** What a region shows when it has no data: not yet, none, or not for now. */
import { CircleAlert } from "lucide-react";
import { type ReactNode, useEffect, useState } from "react";
import { Button } from "./Button";
import styles from "./states.module.css";

const PATIENCE_MS = 150; // faster answers show no skeleton at all

interface SkeletonProps {
  width?: number | string;
  height: number | string;
  lines?: number;
}

/** Nothing at first, then shapes of the final size. */
export function Skeleton({ width = "100%", height, lines = 1 }: SkeletonProps) {
  const [shown, show] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => show(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <div role="status" aria-label="Loading" className={styles.bones}>
      {Array.from({ length: lines }, (_, line) => (
        <div
          // biome-ignore lint/suspicious/noArrayIndexKey: the lines have no identity
          key={line}
          className={shown ? styles.bone : undefined}
          style={{ width, height }}
        />
      ))}
    </div>
  );
}

interface EmptyProps {
  icon?: ReactNode;
  title: string;
  page?: boolean; // it is all that the page has to say
  children?: ReactNode;
  action?: ReactNode;
}

export function EmptyState({ icon, title, page, children, action }: EmptyProps) {
  return (
    <div className={styles.state}>
      {icon && <span className={styles.icon}>{icon}</span>}
      {page ? <h1 className={styles.title}>{title}</h1> : <h2 className={styles.title}>{title}</h2>}
      {children && <div className={styles.text}>{children}</div>}
      {action}
    </div>
  );
}

interface ErrorProps {
  error: { message: string; request?: string | null };
  retry?: () => void;
}

export function ErrorState({ error, retry }: ErrorProps) {
  return (
    <div className={styles.state} role="alert">
      <span className={styles.icon} data-tone="bad">
        <CircleAlert size={20} aria-hidden />
      </span>
      <h2 className={styles.title}>This could not be loaded</h2>
      <p className={styles.text}>{error.message}</p>
      {error.request && <p className={styles.request}>Request {error.request}</p>}
      {retry && <Button onClick={retry}>Retry</Button>}
    </div>
  );
}
