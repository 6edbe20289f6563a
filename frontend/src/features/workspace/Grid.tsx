/** The panels of many runs, or of one, in their sections. Only what is near the viewport is there. */
import { SearchX } from "lucide-react";
import { useMemo } from "react";
import { Button } from "../../kit/Button";
import { count } from "../../kit/format";
import { finder, type SectionOf } from "../../kit/sections";
import { EmptyState } from "../../kit/states";
import { useCharts } from "./charts";
import styles from "./Grid.module.css";
import { member, withSection } from "./layout";
import { contentOf } from "./panel-content";
import { SectionView } from "./SectionView";
import { useArranged } from "./useArranged";

const CLOSED: ReadonlySet<string> = new Set(["system", "CPU cores"]); // asked for now and then
const MANY_KEYS = 300; // above, only the first section opens by itself

interface GridProps {
  place: string; // what the order of sections is held under
  keys: readonly string[];
  find: string;
  onClearFind: () => void;
  onExpand: (id: string) => void;
  group?: SectionOf;
}

export function Grid({ place, keys, find, onClearFind, onExpand, group }: GridProps) {
  const { view, change } = useCharts();
  const { layout } = view;
  const sections = useArranged(keys, place, group);
  const names = sections.map((section) => section.name);
  const matches = useMemo(() => finder(find), [find]);
  const total = sections.reduce((sum, section) => sum + section.keys.length, 0);
  const titleOf = (id: string) =>
    member(layout.panels, id) ? contentOf(id, member(layout.panels, id), []).title : id;
  const found = sections
    .map((section, index) => ({
      ...section,
      index,
      keys: find ? section.keys.filter((id) => matches(id) || matches(titleOf(id))) : section.keys,
    }))
    .filter((section) => section.keys.length > 0);
  if (find && found.length === 0) {
    return (
      <EmptyState
        icon={<SearchX size={20} aria-hidden />}
        title={`0 of ${count(total)} panels match`}
        action={<Button onClick={onClearFind}>Clear search</Button>}
      />
    );
  }
  const closedAtFirst = (section: { name: string; index: number }) =>
    section.index > 0 && (keys.length > MANY_KEYS || CLOSED.has(section.name));
  return (
    <div className={styles.sections}>
      {found.map((section) => {
        const open =
          find !== "" || (member(layout.sections, section.name)?.open ?? !closedAtFirst(section));
        return (
          <SectionView
            key={section.name}
            section={section}
            names={names}
            open={open}
            onToggle={() =>
              change(
                (before) => ({
                  ...before,
                  layout: withSection(before.layout, section.name, { open: !open }),
                }),
                { replace: true },
              )
            }
            onExpand={onExpand}
          />
        );
      })}
    </div>
  );
}
