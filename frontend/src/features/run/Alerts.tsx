/** What the script of a run wanted people to hear. */
import { useQuery } from "@tanstack/react-query";
import { Info, OctagonAlert, TriangleAlert } from "lucide-react";
import { type Alert, alertsQuery } from "../../api/files";
import type { Run } from "../../api/types";
import { ago, at } from "../../kit/format";
import { useNow } from "../../kit/useNow";
import styles from "./Alerts.module.css";
import card from "./RunPage.module.css";

const ICONS = { INFO: Info, WARN: TriangleAlert, ERROR: OctagonAlert };
const WORDS = { INFO: "Information", WARN: "Warning", ERROR: "Error" };

export function Alerts({ run }: { run: Run }) {
  const { owner, project, id } = run;
  const { data } = useQuery(alertsQuery({ owner, project, run: id }, run.state === "running"));
  const now = useNow(30_000);
  if (!data || data.items.length === 0) return null;
  return (
    <section className={card.card} aria-labelledby="card-alerts" data-testid="alerts">
      <header className={card.cardHeader}>
        <h2 id="card-alerts">Alerts</h2>
        <span className={card.count}>{data.total}</span>
      </header>
      <ul className={styles.alerts}>
        {data.items.map((alert) => (
          <Item key={`${alert.created_at} ${alert.title}`} alert={alert} now={now} />
        ))}
      </ul>
    </section>
  );
}

function Item({ alert, now }: { alert: Alert; now: number }) {
  const Icon = ICONS[alert.level];
  return (
    <li data-level={alert.level}>
      <Icon size={16} role="img" aria-label={WORDS[alert.level]} />
      <div>
        <strong>{alert.title}</strong>
        <time title={at(alert.created_at)}>{ago(alert.created_at, now)}</time>
        {alert.text && <p>{alert.text}</p>}
      </div>
    </li>
  );
}
