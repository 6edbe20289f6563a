/** Whether an element is in the viewport or within a screen of it. */
import { type RefObject, useEffect, useState } from "react";

const callbacks = new WeakMap<Element, (near: boolean) => void>();
const waiting = new Map<Element, boolean>(); // in the order in which they came near
let telling = false;
let observer: IntersectionObserver | null = null;

/** One at a time: each may build a panel, and the page lives on between them. */
function tell(): void {
  const next = waiting.entries().next().value;
  telling = next !== undefined;
  if (!next) return;
  const [element, near] = next;
  waiting.delete(element);
  callbacks.get(element)?.(near);
  setTimeout(tell);
}

/** One observer for the whole page: thousands of elements cost one callback. */
function shared(): IntersectionObserver {
  observer ??= new IntersectionObserver(
    (entries) => {
      for (const entry of entries) waiting.set(entry.target, entry.isIntersecting);
      if (!telling) tell();
    },
    { rootMargin: "60% 0px" },
  );
  return observer;
}

export function useNear(ref: RefObject<Element | null>): boolean {
  const [near, setNear] = useState(false);
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    callbacks.set(element, setNear);
    shared().observe(element);
    return () => {
      shared().unobserve(element);
      callbacks.delete(element);
    };
  }, [ref]);
  return near;
}
