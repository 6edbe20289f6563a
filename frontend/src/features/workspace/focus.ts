/** The run that is looked at: under the pointer for now, or held by a click or a key. */
import { create } from "zustand";

interface Focus {
  hovered: string | null;
  held: string | null;
}

export const useFocusStore = create<Focus>(() => ({ hovered: null, held: null }));

const REST_MS = 60; // a pointer that only passes over lines changes nothing
let resting: ReturnType<typeof setTimeout> | undefined;

export const focus = {
  /** Looks at a run once the pointer rests on it. */
  rest: (run: string | null) => {
    clearTimeout(resting);
    resting = setTimeout(() => focus.hover(run), REST_MS);
  },
  hover: (run: string | null) => {
    clearTimeout(resting);
    if (useFocusStore.getState().hovered !== run) useFocusStore.setState({ hovered: run });
  },
  hold: (run: string | null) => useFocusStore.setState({ held: run }),
  toggle: (run: string) =>
    useFocusStore.setState(({ held }) => ({ held: held === run ? null : run })),
};

export function useFocused(): string | null {
  return useFocusStore((state) => state.hovered ?? state.held);
}
