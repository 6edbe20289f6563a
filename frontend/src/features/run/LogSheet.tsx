/** All lines that were printed, at their numbers; only those on the screen exist. */
import { useQueries } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useRef } from "react";
import { type ConsoleLine, consolePageQuery, PAGE } from "../../api/console";
import { plural } from "../../kit/format";
import type { RunPlace } from "../../paths";
import { LogLine } from "./LogLine";
import styles from "./Logs.module.css";
import { LINE, useRemeasured } from "./wrapping";

interface WholeProps {
  place: RunPlace;
  total: number;
  live: boolean;
  times: boolean;
  wrap: boolean;
  follow: boolean;
  onFollow: (follow: boolean) => void;
  target: number | null; // the line that a link names
  onPoint: (line: number) => void;
}

/** Every line at its number. */
export function Whole(props: WholeProps) {
  const { place, total, live, times, wrap, follow, onFollow, target, onPoint } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: total,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE,
    overscan: 20,
  });
  useRemeasured(virtual, wrap);
  const items = virtual.getVirtualItems();
  const lines = useLines(place, {
    first: items[0]?.index ?? 0,
    last: items.at(-1)?.index ?? 0,
    total,
    live,
  });
  const pointed = useRef<number | null>(null); // where the reader is already
  const point = useCallback(
    (line: number) => {
      pointed.current = line;
      onPoint(line);
    },
    [onPoint],
  );
  useEffect(() => {
    if (follow && total > 0) virtual.scrollToIndex(total - 1, { align: "end" });
  }, [follow, total, virtual]);
  useEffect(() => {
    if (target !== null && target !== pointed.current)
      virtual.scrollToIndex(target, { align: "center" });
  }, [target, virtual]);
  const left = useCallback(
    (event: React.WheelEvent | React.KeyboardEvent) => {
      const up = "deltaY" in event ? event.deltaY < 0 : /^(Arrow|Page)Up$|^Home$/.test(event.key);
      if (up) onFollow(false); // the reader went to look at something
    },
    [onFollow],
  );
  return (
    <section
      ref={scroller}
      className={styles.scroller}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: scrolled by keyboard
      tabIndex={0}
      aria-label={plural(total, "line")}
      data-testid="log-lines"
      onWheel={left}
      onKeyDown={left}
    >
      <div
        className={styles.sheet}
        data-wrap={wrap || undefined}
        style={{ height: virtual.getTotalSize() }}
      >
        {items.map(({ index, start }) => (
          <LogLine
            key={index}
            top={start}
            number={index}
            line={lines.get(index)}
            times={times}
            marked={index === target}
            measure={wrap ? virtual.measureElement : undefined}
            label="Link to line"
            onOpen={point}
          />
        ))}
      </div>
    </section>
  );
}

interface Stretch {
  first: number;
  last: number;
  total: number;
  live: boolean;
}

/** The lines of the pages that are looked at, by number. */
function useLines(
  place: RunPlace,
  { first, last, total, live }: Stretch,
): Map<number, ConsoleLine> {
  const from = Math.floor(first / PAGE);
  const to = Math.floor(last / PAGE);
  const end = Math.floor(Math.max(0, total - 1) / PAGE);
  const pages = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  const answers = useQueries({
    queries: pages.map((page) =>
      consolePageQuery(place, {
        page,
        size: Math.min(PAGE, total - page * PAGE),
        live: live && page >= end,
      }),
    ),
  });
  const found = new Map<number, ConsoleLine>();
  for (const { data } of answers) for (const line of data ?? []) found.set(line.number, line);
  return found;
}
