/** Keys that act: "/", "j", "alt+m", "mod+k", and two in a row such as "g w". Silent while typing. */
import { useEffect, useRef } from "react";

export type Shortcuts = Record<string, (event: KeyboardEvent) => void>;

const SEQUENCE_MS = 900;

function typing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

/** The name of a pressed key as shortcuts are written. */
export function keyName(event: KeyboardEvent): string {
  const key = event.code.startsWith("Key") && event.altKey ? event.code.slice(3) : event.key;
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("mod");
  if (event.altKey) parts.push("alt");
  parts.push(key.toLowerCase());
  return parts.join("+");
}

export function useShortcuts(shortcuts: Shortcuts): void {
  const latest = useRef(shortcuts);
  latest.current = shortcuts;
  useEffect(() => {
    let before = "";
    let pressedAt = 0;
    const onKey = (event: KeyboardEvent) => {
      const name = keyName(event);
      const plainKey = !name.includes("+");
      if (event.defaultPrevented || (plainKey && typing(event.target))) return;
      if (document.querySelector("dialog[open]")) return; // what lies under it hears nothing
      const sequence = event.timeStamp - pressedAt < SEQUENCE_MS ? `${before} ${name}` : "";
      before = name;
      pressedAt = event.timeStamp;
      const act = latest.current[sequence] ?? latest.current[name];
      if (!act) return;
      event.preventDefault();
      before = "";
      act(event);
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
}
