/** How many values lie in each bin. */
import { useRef, useState } from "react";
import { number } from "../../../kit/format";
import { useSize } from "../../../kit/useSize";
import { Tip } from "../Tip";
import { Axes, frameOf, toX, toY } from "./Axes";
import styles from "./Charts.module.css";
import type { Counts } from "./drawing";

interface Over {
  bin: number;
  at: { x: number; y: number };
}

export function CountPlot({ drawing, name }: { drawing: Counts; name: string }) {
  const { counts, edges, value } = drawing;
  const host = useRef<HTMLDivElement>(null);
  const size = useSize(host);
  const [over, setOver] = useState<Over | null>(null);
  const span = [edges[0] as number, edges.at(-1) as number] as const;
  const frame = size && frameOf(size, span, [0, Math.max(...counts) * 1.06]);
  return (
    <div ref={host} className={styles.host} data-testid="plot">
      {frame && size && (
        <svg
          width={size.width}
          height={size.height}
          role="img"
          aria-label={`${name}: how often ${value} has which value`}
          onPointerLeave={() => setOver(null)}
          onPointerMove={(event) => {
            const { left, top } = event.currentTarget.getBoundingClientRect();
            const at = { x: event.clientX - left, y: event.clientY - top };
            const bin = Math.floor(((at.x - frame.left) / frame.width) * counts.length);
            setOver(bin >= 0 && bin < counts.length ? { bin, at } : null);
          }}
        >
          <Axes frame={frame} xLabel={value} yLabel="count" />
          {counts.map((count, bin) => {
            const from = toX(frame, edges[bin] as number);
            const until = toX(frame, edges[bin + 1] as number);
            const top = toY(frame, count);
            return (
              <rect
                // biome-ignore lint/suspicious/noArrayIndexKey: a bin is known by its place
                key={bin}
                className={styles.bin}
                data-dim={(over !== null && over.bin !== bin) || undefined}
                x={from + 0.5}
                y={top}
                width={Math.max(0.5, until - from - 1)}
                height={Math.max(0, frame.top + frame.height - top)}
              />
            );
          })}
        </svg>
      )}
      {over && (
        <Tip
          at={over.at}
          title={`${number(edges[over.bin])} … ${number(edges[over.bin + 1])}`}
          rows={[{ name: "count", value: number(counts[over.bin]) }]}
        />
      )}
    </div>
  );
}
