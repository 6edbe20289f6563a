/**
 * What is typed into a field whose value comes back late, from a URL for example: what was typed
 * stands until then, so that no letter is lost, and what comes from elsewhere goes before it.
 */
import { useEffect, useRef, useState } from "react";

export function useTyped(
  value: string,
  tell: (text: string) => void,
): [string, (text: string) => void] {
  const [text, setText] = useState(value);
  const awaited = useRef<string[]>([]); // told, and not yet come back
  useEffect(() => {
    const at = awaited.current.indexOf(value);
    if (at >= 0) awaited.current.splice(0, at + 1);
    else {
      awaited.current = [];
      setText(value);
    }
  }, [value]);
  const type = (next: string) => {
    setText(next);
    awaited.current.push(next);
    tell(next);
  };
  return [text, type];
}
