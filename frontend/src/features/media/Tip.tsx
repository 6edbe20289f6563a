/** What lies under the pointer, beside it and inside of its panel. */
import { classes } from "../../kit/classes";
import styles from "./Tip.module.css";

export interface TipRow {
  name: string;
  value: string;
  color?: string;
}

interface TipProps {
  at: { x: number; y: number }; // in the element that it stands in
  title: string;
  rows: readonly TipRow[];
}

export function Tip({ at, title, rows }: TipProps) {
  return (
    <div className={styles.place} data-testid="tip">
      <div ref={(element) => place(element, at)} className={styles.tip}>
        <p className={styles.title}>{title}</p>
        {rows.map(({ name, value, color }) => (
          <p key={name} className={styles.row}>
            {color && (
              <span className={styles.swatch} style={{ "--mark": color } as React.CSSProperties} />
            )}
            <span className={classes(styles.name)}>{name}</span>
            <b>{value}</b>
          </p>
        ))}
      </div>
    </div>
  );
}

const AWAY = 14;

/** To the right of the pointer and above it, or wherever there is room. */
function place(element: HTMLElement | null, at: { x: number; y: number }): void {
  const room = element?.parentElement?.parentElement;
  if (!element || !room) return;
  const { offsetWidth: width, offsetHeight: height } = element;
  const left = at.x + AWAY + width > room.clientWidth ? at.x - AWAY - width : at.x + AWAY;
  const top = Math.min(Math.max(0, at.y - height - 6), Math.max(0, room.clientHeight - height));
  element.style.transform = `translate(${Math.max(0, left)}px, ${top}px)`;
}
