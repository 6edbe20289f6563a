/** A small choice that outlives the page, kept in the browser. */
import { useCallback, useState } from "react";

function read<T>(name: string, usual: T): T {
  try {
    const text = localStorage.getItem(name);
    return text === null ? usual : (JSON.parse(text) as T);
  } catch {
    return usual; // storage is forbidden, or holds what an older page wrote
  }
}

export function useStored<T>(name: string, usual: T): [T, (value: T) => void] {
  const [held, hold] = useState<{ name: string; value: T }>(() => ({
    name,
    value: read(name, usual),
  }));
  const value = held.name === name ? held.value : read(name, usual);
  const store = useCallback(
    (next: T) => {
      hold({ name, value: next });
      try {
        localStorage.setItem(name, JSON.stringify(next));
      } catch {
        // Then it lasts as long as the page.
      }
    },
    [name],
  );
  return [value, store];
}
