/** Which rows of a tall element are near the viewport, so that the others need not be there. */
import { type RefObject, useLayoutEffect, useState } from "react";

interface Rows {
  first: number;
  last: number; // not included
}

const AHEAD = 0.75; // of a screen, in both directions

function near(element: Element, rows: number, height: number, screens: number): Rows {
  const { top } = element.getBoundingClientRect();
  const ahead = innerHeight * screens;
  const first = Math.floor((-ahead - top) / height);
  const last = Math.ceil((innerHeight + ahead - top) / height);
  const within = (row: number) => Math.min(rows, Math.max(0, row));
  return { first: within(first), last: within(last) };
}

export function useWindow(
  ref: RefObject<Element | null>,
  rows: number,
  height: number,
  screens = AHEAD,
): Rows {
  const [found, setFound] = useState<Rows>({ first: 0, last: Math.min(rows, 4) });
  useLayoutEffect(() => {
    const element = ref.current;
    if (!element) return;
    let frame = 0;
    const look = () => {
      frame = 0;
      const next = near(element, rows, height, screens);
      setFound((before) =>
        before.first === next.first && before.last === next.last ? before : next,
      );
    };
    const soon = () => {
      frame ||= requestAnimationFrame(look);
    };
    look();
    addEventListener("scroll", soon, { capture: true, passive: true });
    addEventListener("resize", soon);
    const observer = new ResizeObserver(soon); // what is above it opened or closed
    observer.observe(document.body);
    if (element.parentElement?.parentElement) observer.observe(element.parentElement.parentElement);
    return () => {
      cancelAnimationFrame(frame);
      removeEventListener("scroll", soon, { capture: true });
      removeEventListener("resize", soon);
      observer.disconnect();
    };
  }, [ref, rows, height, screens]);
  return found;
}
