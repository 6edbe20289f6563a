/** How fine curves are asked for: about one bucket for each pixel of a panel. */
import { useEffect, useState } from "react";

export const GAP = 12; // between panels
export const PANEL_AT_LEAST = 320;
const STEP = 200; // widths in between ask for the same curves

/** Buckets for the panels of a grid this wide: about one for each pixel, in coarse steps. */
export function bucketsFor(width: number, ratio: number): number {
  const columns = Math.max(1, Math.floor((width + GAP) / (PANEL_AT_LEAST + GAP)));
  const pixels = (width / columns) * Math.min(ratio, 2);
  return Math.min(2000, Math.max(STEP, Math.ceil(pixels / STEP) * STEP));
}

/** How fine curves have to be for this element; it only grows, as finer is never wrong. */
export function useBuckets(): [(element: HTMLElement | null) => void, number] {
  const [buckets, setBuckets] = useState(() => bucketsFor(innerWidth - 400, devicePixelRatio));
  const [element, setElement] = useState<HTMLElement | null>(null);
  useEffect(() => {
    if (!element) return;
    const observer = new ResizeObserver(([entry]) => {
      const width = entry?.contentRect.width ?? 0;
      setBuckets((before) => Math.max(before, bucketsFor(width, devicePixelRatio)));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [element]);
  return [setElement, buckets];
}
