/** A value as it was logged: what has no better form. */
import { useMemo } from "react";
import type { Json } from "../../api/types";
import styles from "./Media.module.css";

const MOST = 100_000; // characters: nobody reads more, and a browser lays them all out

export function JsonView({ value }: { value: Json }) {
  const text = useMemo(() => {
    const whole = typeof value === "string" ? value : JSON.stringify(value, null, 2);
    return whole.length > MOST ? `${whole.slice(0, MOST)}\n…` : whole;
  }, [value]);
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: scrolled by keyboard
    <pre className={styles.json} tabIndex={0} data-testid="json">
      {text}
    </pre>
  );
}
