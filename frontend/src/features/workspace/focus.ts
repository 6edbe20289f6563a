/** The run that is looked at: under the pointer for now, or held by a click or a key. */
import { create } from "zustand";

interface Focus {
  hovered: string | null;
  held: string | null;
}

export const useFocusStore = create<Focus>(() => ({ hovered: null, held: null }));

export const focus = {
  hover: (run: string | null) => {
    if (useFocusStore.getState().hovered !== run) useFocusStore.setState({ hovered: run });
  },
  hold: (run: string | null) => useFocusStore.setState({ held: run }),
  toggle: (run: string) =>
    useFocusStore.setState(({ held }) => ({ held: held === run ? null : run })),
};

export function useFocused(): string | null {
  return useFocusStore((state) => state.hovered ?? state.held);
}
