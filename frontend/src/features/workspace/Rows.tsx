/** The panels of a section, row by row; those far from the viewport are not there. */
import { useEffect, useRef, useState } from "react";
import type { Section } from "../../kit/sections";
import { useCharts } from "./charts";
import styles from "./Grid.module.css";
import { member, PLOT_HEIGHTS } from "./layout";
import { Panel } from "./Panel";
import { GAP, PANEL_AT_LEAST } from "./useBuckets";
import { useWindow } from "./useWindow";

const HEADER = 34; // of a panel

function useWidth(ref: React.RefObject<HTMLElement | null>): number {
  const [width, setWidth] = useState(() => innerWidth - 400);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    setWidth(element.clientWidth);
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, [ref]);
  return width;
}

function columnsOf(width: number, asked: number | undefined): number {
  const fitting = Math.max(1, Math.floor((width + GAP) / (PANEL_AT_LEAST + GAP)));
  if (!asked) return fitting;
  // On a narrow screen what was asked for on a wide one is not readable.
  return width < 600 ? Math.min(asked, fitting) : asked;
}

export function Rows({ section, onExpand }: { section: Section; onExpand: (id: string) => void }) {
  const ref = useRef<HTMLDivElement>(null);
  const { view } = useCharts();
  const own = member(view.layout.sections, section.name);
  const columns = columnsOf(useWidth(ref), own?.columns);
  const height = HEADER + (own?.height ?? PLOT_HEIGHTS[1]);
  const rows = Math.ceil(section.keys.length / columns);
  const { first, last } = useWindow(ref, rows, height + GAP);
  return (
    <div ref={ref} className={styles.rows} style={{ height: rows * (height + GAP) }}>
      <div
        className={styles.grid}
        style={{
          top: first * (height + GAP),
          gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
          ["--panel-height" as string]: `${height}px`,
        }}
      >
        {section.keys.slice(first * columns, last * columns).map((id) => (
          <Panel
            key={id}
            id={id}
            section={section.name}
            siblings={section.keys}
            onExpand={onExpand}
          />
        ))}
      </div>
    </div>
  );
}
