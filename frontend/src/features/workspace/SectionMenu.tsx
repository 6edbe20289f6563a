/** The items of a section's menu: fetched when one is opened. */
import { Plus } from "lucide-react";
import { MenuChoice, MenuItem, MenuLabel, MenuLine } from "../../kit/Menu";
import { useCharts } from "./charts";
import { addPanel } from "./fresh-panels";
import { MOST_COLUMNS, member, PLOT_HEIGHTS, sectionMoved, withSection } from "./layout";

const AUTOMATIC = "0";
const AFTER_MENU_MS = 50; // a menu that closes gives the focus back first

interface SectionMenuProps {
  name: string;
  names: readonly string[];
  onRename: () => void;
}

export default function SectionMenu({ name, names, onRename }: SectionMenuProps) {
  const { view, change } = useCharts();
  const own = member(view.layout.sections, name);
  const set = (next: { columns?: number; height?: number }) =>
    change((before) => ({ ...before, layout: withSection(before.layout, name, next) }));
  const move = (by: -1 | 1) =>
    change((before) => ({ ...before, layout: sectionMoved(before.layout, names, name, by) }));
  const at = names.indexOf(name);
  const columns = Array.from({ length: MOST_COLUMNS }, (_, n) => String(n + 1));
  return (
    <>
      <MenuItem
        icon={<Plus size={15} aria-hidden />}
        onSelect={() => addPanel(change, { section: name })}
      >
        Add panel
      </MenuItem>
      <MenuItem onSelect={() => setTimeout(onRename, AFTER_MENU_MS)}>Rename</MenuItem>
      {at > 0 && <MenuItem onSelect={() => move(-1)}>Move up</MenuItem>}
      {at < names.length - 1 && <MenuItem onSelect={() => move(1)}>Move down</MenuItem>}
      <MenuLine />
      <MenuLabel>Columns</MenuLabel>
      <MenuChoice
        value={String(own?.columns ?? AUTOMATIC)}
        options={[
          { value: AUTOMATIC, label: "As many as fit" },
          ...columns.map((n) => ({ value: n, label: n })),
        ]}
        onChange={(n) => set({ columns: n === AUTOMATIC ? undefined : Number(n) })}
      />
      <MenuLine />
      <MenuLabel>Height of panels</MenuLabel>
      <MenuChoice
        value={String(own?.height ?? PLOT_HEIGHTS[1])}
        options={PLOT_HEIGHTS.map((height, n) => ({
          value: String(height),
          label: ["Low", "Usual", "High", "Very high"][n] ?? String(height),
        }))}
        onChange={(height) =>
          set({ height: Number(height) === PLOT_HEIGHTS[1] ? undefined : Number(height) })
        }
      />
    </>
  );
}
