/** Bars with their labels on the left and their values at their ends: any number, scrolled. */
import { exact, number } from "../../../kit/format";
import styles from "./Charts.module.css";
import type { Bars } from "./drawing";

export function BarPlot({ drawing, name }: { drawing: Bars; name: string }) {
  const { bars, label, value } = drawing;
  const low = Math.min(0, ...bars.map((bar) => bar.value));
  const high = Math.max(0, ...bars.map((bar) => bar.value));
  const share = (size: number) => `${(size / (high - low || 1)) * 100}%`;
  return (
    <section
      className={styles.bars}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: scrolled by keyboard
      tabIndex={0}
      aria-label={`${name}: ${value} by ${label}`}
      data-testid="plot"
    >
      <dl>
        {bars.map((bar, at) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: labels may repeat
          <div key={at} className={styles.bar}>
            <dt title={bar.label}>{bar.label}</dt>
            <dd>
              <span className={styles.track}>
                <span
                  className={styles.fill}
                  style={{
                    left: share(Math.min(0, bar.value) - low),
                    width: share(Math.abs(bar.value)),
                  }}
                />
              </span>
              <b title={exact(bar.value)}>{number(bar.value)}</b>
            </dd>
          </div>
        ))}
      </dl>
      <p className={styles.caption}>
        {value} by {label}
      </p>
    </section>
  );
}
