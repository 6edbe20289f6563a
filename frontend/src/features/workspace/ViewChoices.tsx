/** The saved views of a project to choose from, and what can be done with the present one. */
import { Star, Trash2, Undo2, Users } from "lucide-react";
import { views } from "../../api/views";
import { MenuItem, MenuLabel, MenuLine } from "../../kit/Menu";
import { NO_VIEW, type Saved } from "./useSavedView";
import type { Viewed } from "./useView";

interface ViewChoicesProps {
  owner: string;
  project: string;
  viewed: Viewed;
  saved: Saved;
  told: (act: () => Promise<unknown>) => Promise<void>; // does it, and says what went wrong
  onSaving: (saving: boolean) => void;
}

const ICON = { size: 15, "aria-hidden": true } as const;

export default function ViewChoices(props: ViewChoicesProps) {
  const { owner, project, viewed, saved, told, onSaving } = props;
  const { view, all } = saved;
  return (
    <>
      <MenuLabel>Saved views</MenuLabel>
      <MenuItem onSelect={() => viewed.open(all.some((one) => one.default) ? NO_VIEW : null)}>
        Automatic
      </MenuItem>
      {all.map((one) => (
        <MenuItem
          key={one.id}
          {...(one.shared ? { icon: <Users {...ICON} /> } : {})}
          {...(one.default ? { hint: "default" } : {})}
          onSelect={() => viewed.open(one.id)}
        >
          {one.name}
        </MenuItem>
      ))}
      <MenuLine />
      <MenuItem hint="⌘S" onSelect={() => onSaving(true)}>
        Save as…
      </MenuItem>
      {viewed.edited && (
        <MenuItem icon={<Undo2 {...ICON} />} onSelect={() => viewed.open(view?.id ?? null)}>
          Drop edits
        </MenuItem>
      )}
      {view && (
        <MenuItem
          icon={<Star {...ICON} />}
          onSelect={() =>
            told(() =>
              views.change(owner, project, view.id, { revision: view.revision, default: true }),
            )
          }
        >
          Make it the project’s default
        </MenuItem>
      )}
      {view?.mine && (
        <MenuItem
          danger
          icon={<Trash2 {...ICON} />}
          onSelect={() =>
            told(async () => {
              await views.remove(owner, project, view.id);
              viewed.open(null, viewed.state);
            })
          }
        >
          Delete view
        </MenuItem>
      )}
    </>
  );
}
