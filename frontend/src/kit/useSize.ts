/** How large an element is, in whole pixels; nothing until it was measured. */
import { type RefObject, useLayoutEffect, useState } from "react";
import { flushSync } from "react-dom";

export interface Size {
  width: number;
  height: number;
}

/** `there` says whether the element is there yet, where it is not from the start. */
export function useSize(ref: RefObject<Element | null>, there = true): Size | null {
  const [size, setSize] = useState<Size | null>(null);
  useLayoutEffect(() => {
    const element = there ? ref.current : null;
    if (!element) return;
    const take = ({ width, height }: Size) => {
      const next = { width: Math.floor(width), height: Math.floor(height) };
      setSize((before) =>
        before?.width === next.width && before.height === next.height ? before : next,
      );
    };
    take(element.getBoundingClientRect());
    // At once, before it is painted: a frame later, what was drawn for the old size would jump.
    const observer = new ResizeObserver(
      ([entry]) => entry && flushSync(() => take(entry.contentRect)),
    );
    observer.observe(element);
    return () => observer.disconnect();
  }, [ref, there]);
  return size;
}
