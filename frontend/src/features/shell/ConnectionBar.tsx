/** Says when the page shows the past because the connection is gone. Reading goes on. */
import { useEffect, useState, useSyncExternalStore } from "react";
import { live } from "../../api/live";
import { timeOfDay } from "../../kit/format";
import styles from "./Shell.module.css";

const PATIENCE_MS = 2000; // a short break is nobody's business

export function ConnectionBar() {
  const { lostAt } = useSyncExternalStore(live.onStatus, live.getStatus);
  const [shown, show] = useState(false);
  useEffect(() => {
    if (lostAt === null) return show(false);
    const timer = setTimeout(() => show(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [lostAt]);
  return (
    <div role="status" className={styles.space}>
      {shown && lostAt !== null && (
        <span className={styles.connection}>
          Reconnecting… showing data from {timeOfDay(lostAt)}
        </span>
      )}
    </div>
  );
}
