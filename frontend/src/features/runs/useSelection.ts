/** Which runs are selected: some by hand, or all that match. */
import { useCallback, useState } from "react";

const NOBODY: ReadonlySet<string> = new Set();

export interface Selection {
  ids: ReadonlySet<string>;
  all: boolean; // all that match, loaded or not
  select: (ids: string[], on: boolean) => void;
  selectAll: (loaded: string[]) => void;
  clear: () => void;
}

export function useSelection(): Selection {
  const [{ ids, all }, set] = useState({ ids: NOBODY, all: false });
  const select = useCallback((keys: string[], on: boolean) => {
    set((before) => {
      const next = new Set(before.ids);
      for (const key of keys) {
        if (on) next.add(key);
        else next.delete(key);
      }
      return { ids: next, all: false };
    });
  }, []);
  const selectAll = useCallback((loaded: string[]) => set({ ids: new Set(loaded), all: true }), []);
  const clear = useCallback(() => set({ ids: NOBODY, all: false }), []);
  return { ids, all, select, selectAll, clear };
}
