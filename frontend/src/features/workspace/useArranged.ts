/** The panels of a page in their sections, with those that somebody made, in the order they were put. */
import { useCallback, useMemo } from "react";
import { useSections } from "../../kit/Sections";
import { type Section, type SectionOf, sectionOf } from "../../kit/sections";
import { useCharts } from "./charts";
import { homeOf, inOrder, isMade, panelsInOrder } from "./layout";

export function useArranged(
  keys: readonly string[],
  place: string,
  group: SectionOf = sectionOf,
): Section[] {
  const { layout } = useCharts().view;
  const ids = useMemo(() => {
    const removed = new Set(layout.removed);
    const made = Object.keys(layout.panels).filter(isMade);
    return [...keys.filter((key) => !removed.has(key)), ...made];
  }, [keys, layout]);
  const home = useCallback((id: string) => homeOf(id, layout, group), [layout, group]);
  const sections = useSections(ids, place, home);
  return useMemo(
    () =>
      inOrder(sections, layout).map(({ name, keys }) => ({
        name,
        keys: panelsInOrder(keys, layout),
      })),
    [sections, layout],
  );
}
