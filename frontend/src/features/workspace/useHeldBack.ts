/**
 * Runs that appear while the list is scrolled wait above it, so that no row moves under the reader.
 * At the top they come in by themselves.
 */
import { type RefObject, useCallback, useEffect, useMemo, useState } from "react";
import type { Run } from "../../api/types";

interface HeldBack {
  items: readonly Run[];
  waiting: number;
  letIn: () => void;
}

/** How many runs stand above the one that was on top. */
export function newAbove(runs: readonly { id: string }[], top: string | null): number {
  const at = runs.findIndex(({ id }) => id === top);
  return Math.max(0, at); // where it is gone another question was asked
}

export function useHeldBack(
  runs: readonly Run[],
  scroller: RefObject<HTMLElement | null>,
): HeldBack {
  const [top, setTop] = useState<string | null>(null); // the first run when it was scrolled down
  const first = runs[0]?.id ?? null;
  useEffect(() => {
    const scrolled = (event: Event) => {
      const element = scroller.current;
      if (!element || event.target !== element) return;
      setTop((before) => (element.scrollTop < 1 ? null : (before ?? first)));
    };
    addEventListener("scroll", scrolled, { capture: true, passive: true });
    return () => removeEventListener("scroll", scrolled, { capture: true });
  }, [scroller, first]);
  const waiting = newAbove(runs, top);
  const items = useMemo(() => (waiting ? runs.slice(waiting) : runs), [runs, waiting]);
  const letIn = useCallback(() => {
    setTop(null);
    scroller.current?.scrollTo({ top: 0 });
  }, [scroller]);
  return { items, waiting, letIn };
}
