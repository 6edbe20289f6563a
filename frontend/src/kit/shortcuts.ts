/** Keys that act: "/", "j", "alt+m", "mod+k", and two in a row such as "g w". Silent while typing. */
import { useEffect, useRef } from "react";

export type Shortcuts = Record<string, (event: KeyboardEvent) => void>;

const SEQUENCE_MS = 900;

const LETTERS = "wanllmdb.letters"; // "off": single letters do nothing

export function lettersAct(): boolean {
  try {
    return localStorage.getItem(LETTERS) !== "off";
  } catch {
    return true; // storage is forbidden: as usual
  }
}

export function setLettersAct(on: boolean): void {
  try {
    localStorage.setItem(LETTERS, on ? "on" : "off");
  } catch {
    // Then they act as usual.
  }
}

function typing(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  return target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName);
}

/** A key that the element under it answers by itself. */
function answers(target: EventTarget | null, key: string): boolean {
  if (key !== " " && key !== "enter") return false;
  return target instanceof HTMLElement && target.closest("button, a, summary, [role]") !== null;
}

/** What lies under a dialog or a layer hears nothing. */
function covered(): boolean {
  const page = document.getElementById("root");
  return document.querySelector("dialog[open]") !== null || page?.inert === true;
}

/** The name of a pressed key as shortcuts are written. */
export function keyName(event: KeyboardEvent): string {
  const key = event.code.startsWith("Key") && event.altKey ? event.code.slice(3) : event.key;
  const parts = [];
  if (event.ctrlKey || event.metaKey) parts.push("mod");
  if (event.altKey) parts.push("alt");
  if (event.shiftKey && parts.length > 0) parts.push("shift");
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
      if (answers(event.target, name)) return;
      if (plainKey && name.length === 1 && !lettersAct()) return;
      if (covered()) return;
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
