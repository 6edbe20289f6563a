/** Light or dark: by the system until the reader chooses, then by the choice. */
import { useSyncExternalStore } from "react";

export type Theme = "light" | "dark";

const STORED = "wanllmdb.theme"; // read by public/theme.js before the first paint
const listeners = new Set<() => void>();

function current(): Theme {
  return document.documentElement.dataset.theme === "dark" ? "dark" : "light";
}

function apply(theme: Theme): void {
  document.documentElement.dataset.theme = theme;
  for (const listener of listeners) listener();
}

/** Follows the system's changes while nothing was chosen. Returns what ends it. */
export function followSystem(): () => void {
  const query = matchMedia("(prefers-color-scheme: dark)");
  const changed = () => {
    if (!localStorage.getItem(STORED)) apply(query.matches ? "dark" : "light");
  };
  query.addEventListener("change", changed);
  return () => query.removeEventListener("change", changed);
}

export type ThemeChoice = Theme | "system";

export function chosenTheme(): ThemeChoice {
  const stored = localStorage.getItem(STORED);
  return stored === "dark" || stored === "light" ? stored : "system";
}

export function chooseTheme(choice: ThemeChoice): void {
  if (choice === "system") {
    localStorage.removeItem(STORED);
    apply(matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light");
  } else {
    localStorage.setItem(STORED, choice);
    apply(choice);
  }
}

export function toggleTheme(): void {
  chooseTheme(current() === "dark" ? "light" : "dark");
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useTheme(): Theme {
  return useSyncExternalStore(subscribe, current);
}
