/** A menu of states that were saved under names: which one it is, and what can be done with it. */
import { ChevronDown, Star, Trash2, Undo2, Users } from "lucide-react";
import { Button } from "./Button";
import { Badge } from "./Chip";
import { Menu, MenuItem, MenuLabel, MenuLine } from "./Menu";

interface SavedState {
  id: string;
  name: string;
  shared: boolean;
  default: boolean;
}

interface SavedMenuProps {
  none: string; // what it is called when nothing that was saved is shown
  all: readonly SavedState[];
  present: (SavedState & { mine: boolean }) | null;
  edited: boolean;
  onOpen: (id: string | null) => void;
  onSave: () => void;
  onSaveAs: () => void;
  onDrop: () => void; // the edits
  onDefault: () => void;
  onDelete: () => void;
}

const ICON = { size: 15, "aria-hidden": true } as const;

export function SavedMenu({ none, all, present, edited, ...on }: SavedMenuProps) {
  const name = present?.name ?? none;
  return (
    <>
      <Menu
        trigger={
          <Button variant="ghost" aria-label={`View: ${name}`}>
            {name}
            <ChevronDown size={14} aria-hidden />
          </Button>
        }
      >
        <MenuLabel>Saved views</MenuLabel>
        <MenuItem onSelect={() => on.onOpen(null)}>{none}</MenuItem>
        {all.map((one) => (
          <MenuItem
            key={one.id}
            {...(one.shared ? { icon: <Users {...ICON} /> } : {})}
            {...(one.default ? { hint: "default" } : {})}
            onSelect={() => on.onOpen(one.id)}
          >
            {one.name}
          </MenuItem>
        ))}
        <MenuLine />
        <MenuItem hint="⌘S" onSelect={on.onSaveAs}>
          Save as…
        </MenuItem>
        {edited && present && (
          <MenuItem icon={<Undo2 {...ICON} />} onSelect={on.onDrop}>
            Drop edits
          </MenuItem>
        )}
        {present && !present.default && (
          <MenuItem icon={<Star {...ICON} />} onSelect={on.onDefault}>
            Make it the project’s default
          </MenuItem>
        )}
        {present?.mine && (
          <MenuItem danger icon={<Trash2 {...ICON} />} onSelect={on.onDelete}>
            Delete view
          </MenuItem>
        )}
      </Menu>
      {edited && (
        <>
          {present && <Badge tone="warn">Edited</Badge>}
          <Button variant="ghost" size="small" onClick={on.onSave}>
            Save view
          </Button>
        </>
      )}
    </>
  );
}
