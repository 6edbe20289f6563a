/** The full screen of a panel, if there is such a panel; fetched when it is first opened. */
import { lazy, Suspense } from "react";
import { finder, type SectionOf } from "../../kit/sections";
import { useCharts } from "./charts";
import { useArranged } from "./useArranged";

const FullPanel = lazy(() => import("./FullPanel"));

interface FullProps {
  place: string;
  keys: readonly string[];
  panel: string;
  group?: SectionOf;
  onMove: (panel: string | null) => void;
}

export function Full({ place, keys, panel, group, onMove }: FullProps) {
  const { view } = useCharts();
  const sections = useArranged(keys, place, group);
  const matches = finder(view.find);
  const all = sections.flatMap((section) => section.keys);
  if (!all.includes(panel)) return null;
  const found = all.filter(matches);
  const sectionOf = (id: string) =>
    sections.find((section) => section.keys.includes(id))?.name ?? "";
  return (
    <Suspense fallback={null}>
      <FullPanel
        name={panel}
        ids={found.includes(panel) ? found : all}
        sectionOf={sectionOf}
        onMove={onMove}
        onClose={() => onMove(null)}
      />
    </Suspense>
  );
}
