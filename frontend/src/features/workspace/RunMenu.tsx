/** The items of a run's menu in the list beside the charts. */
import type { Run } from "../../api/types";
import { MenuChoice, MenuItem, MenuLabel, MenuLine } from "../../kit/Menu";
import { RING, Swatch } from "../../kit/marks";
import { withColor } from "./layout";
import type { ChangeView } from "./useView";
import { measuredAgainst, pinned } from "./view";

interface RunMenuProps {
  run: Run;
  pinned: boolean;
  baseline: boolean;
  onChange: ChangeView;
}

export default function RunMenu({ run, pinned: isPinned, baseline, onChange }: RunMenuProps) {
  return (
    <>
      <MenuItem onSelect={() => onChange((view) => pinned(view, run.id))}>
        {isPinned ? "Unpin" : "Pin to the top"}
      </MenuItem>
      <MenuItem hint="B" onSelect={() => onChange((view) => measuredAgainst(view, run.id))}>
        {baseline ? "No baseline" : "Make it the baseline"}
      </MenuItem>
      <MenuItem
        onSelect={() =>
          onChange((view) => ({ ...view, sel: new Set([run.id]), hide: NONE, show: NONE }))
        }
      >
        Show only this
      </MenuItem>
      <MenuLine />
      <MenuLabel>Colour</MenuLabel>
      <MenuChoice
        value={String(run.color % RING)}
        options={COLORS}
        onChange={(color) =>
          onChange((view) => ({ ...view, layout: withColor(view.layout, run.id, Number(color)) }))
        }
      />
    </>
  );
}

const NONE: ReadonlySet<string> = new Set();
const COLORS = Array.from({ length: RING }, (_, n) => ({
  value: String(n),
  label: `Colour ${n + 1}`,
  mark: <Swatch color={n} />,
}));
