/** The shown runs under a panel, by colour and name. */
import { Swatch } from "../../kit/marks";
import { useCharts } from "./charts";
import styles from "./Panel.module.css";
import type { PanelContent } from "./panel-content";

const MOST = 60;

export function Legend({ content }: { content: PanelContent }) {
  const { runs, shown } = useCharts();
  const drawn = runs.filter((run) => shown.has(run.id)).slice(0, MOST);
  return (
    <ul className={styles.legend} aria-label={`Legend of ${content.title}`}>
      {drawn.map((run) => (
        <li key={run.id}>
          <Swatch color={run.color} />
          {run.name}
        </li>
      ))}
    </ul>
  );
}
