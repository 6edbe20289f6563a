/** The lines that were found, below each other; a click on one shows it among its neighbours. */
import { useInfiniteQuery } from "@tanstack/react-query";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useEffect, useMemo, useRef } from "react";
import { consoleSearchQuery } from "../../api/console";
import { count, plural } from "../../kit/format";
import { ErrorState } from "../../kit/states";
import type { RunPlace } from "../../paths";
import { LogLine } from "./LogLine";
import styles from "./Logs.module.css";
import { LINE, useRemeasured } from "./wrapping";

const NEAR_END = 40; // lines

interface FoundProps {
  place: RunPlace;
  wanted: Parameters<typeof consoleSearchQuery>[1];
  times: boolean;
  wrap: boolean;
  onOpen: (line: number) => void;
}

export function Found({ place, wanted, times, wrap, onOpen }: FoundProps) {
  const asked = useInfiniteQuery(consoleSearchQuery(place, wanted));
  const scroller = useRef<HTMLDivElement>(null);
  const lines = useMemo(() => asked.data?.pages.flatMap((page) => page.lines) ?? [], [asked.data]);
  const virtual = useVirtualizer({
    count: lines.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => LINE,
    overscan: 20,
  });
  useRemeasured(virtual, wrap);
  const items = virtual.getVirtualItems();
  const near = (items.at(-1)?.index ?? 0) > lines.length - NEAR_END;
  const { hasNextPage, isFetchingNextPage, fetchNextPage } = asked;
  useEffect(() => {
    if (near && hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [near, hasNextPage, isFetchingNextPage, fetchNextPage]);
  if (asked.error) return <ErrorState error={asked.error} retry={asked.refetch} />;
  const page = asked.data?.pages[0];
  return (
    <>
      <p className={styles.found} role="status">
        {page && told(page, wanted.q !== "")}
      </p>
      <section
        ref={scroller}
        className={styles.scroller}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: scrolled by keyboard
        tabIndex={0}
        aria-label="Lines found"
        data-testid="log-found"
      >
        <div
          className={styles.sheet}
          data-wrap={wrap || undefined}
          style={{ height: virtual.getTotalSize() }}
        >
          {items.map(({ index, start }) => {
            const line = lines[index];
            return (
              line && (
                <LogLine
                  key={line.number}
                  top={start}
                  number={line.number}
                  line={line}
                  times={times}
                  wanted={wanted}
                  index={index}
                  measure={wrap ? virtual.measureElement : undefined}
                  label="Show line"
                  onOpen={onOpen}
                />
              )
            );
          })}
        </div>
      </section>
    </>
  );
}

function told(page: { matches: number; searched: number; total: number }, sought: boolean): string {
  const all = plural(page.total, "line");
  if (!sought) return `${count(page.matches)} of ${all}`;
  const found = page.matches === 1 ? "1 match" : `${count(page.matches)} matches`;
  return page.searched < page.total
    ? `${found} in the first ${plural(page.searched, "line")} of ${count(page.total)}`
    : `${found} in ${all}`;
}
