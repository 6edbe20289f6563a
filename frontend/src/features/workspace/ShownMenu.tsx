/** Which runs are shown: the newest, those that were chosen, or none. */
import { CheckSquare, Square } from "lucide-react";
import { count } from "../../kit/format";
import { MenuChoice, MenuItem, MenuLabel, MenuLine } from "../../kit/Menu";
import type { FooterProps } from "./ListFooter";

const LATEST = [10, 20, 50, 100, 500];

export default function ShownMenu({ shown, view, onChange }: FooterProps) {
  const none = new Set<string>();
  const latest = (n: number) =>
    onChange((before) => ({ ...before, latest: n, sel: null, hide: none, show: none }));
  return (
    <>
      <MenuItem
        icon={view.sel ? <Square size={14} aria-hidden /> : <CheckSquare size={14} aria-hidden />}
        onSelect={() =>
          view.sel
            ? latest(view.latest)
            : onChange((before) => ({ ...before, sel: shown, hide: none, show: none }))
        }
      >
        Always show the latest {count(view.latest)}
      </MenuItem>
      <MenuLine />
      <MenuLabel>Show the newest</MenuLabel>
      <MenuChoice
        value={view.sel ? "" : String(view.latest)}
        options={LATEST.map((n) => ({ value: String(n), label: `${n} runs` }))}
        onChange={(n) => latest(Number(n))}
      />
      <MenuLine />
      <MenuItem
        onSelect={() => onChange((before) => ({ ...before, sel: none, hide: none, show: none }))}
      >
        Hide all
      </MenuItem>
      <MenuItem onSelect={() => latest(view.latest)}>Undo hiding</MenuItem>
    </>
  );
}
