/** Lines are all as high as each other until they are wrapped; then each is measured. */
import type { Virtualizer } from "@tanstack/react-virtual";
import { useEffect, useRef } from "react";

export const LINE = 19; // pixels, as in the style sheet

/** Forgets what was measured when lines are wrapped, and when they are not any more. */
export function useRemeasured(virtual: Virtualizer<HTMLDivElement, Element>, wrap: boolean): void {
  const before = useRef(wrap);
  useEffect(() => {
    if (before.current === wrap) return;
    before.current = wrap;
    virtual.measure();
  }, [virtual, wrap]);
}
