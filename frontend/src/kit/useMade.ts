/** Something that lives as long as a component: made once it is on the page, ended when it goes. */
import { useEffect, useRef, useState } from "react";

interface Ended {
  destroy: () => void;
}

/** Null until it is made; it is made only once, whatever `make` is later. */
export function useMade<T extends Ended>(make: () => T): T | null {
  const [made, set] = useState<T | null>(null);
  const first = useRef(make);
  useEffect(() => {
    const one = first.current();
    set(one);
    return () => one.destroy();
  }, []);
  return made;
}
