/** Saved views of the table: which one it is, saving, sharing, and a link to what is seen. */
import { useQueryClient } from "@tanstack/react-query";
import { ChevronDown, Share2, Star, Trash2, Undo2, Users } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { ApiError } from "../../api/client";
import { contentOf, LONGEST, links, stateOf, views } from "../../api/views";
import { Button, IconButton } from "../../kit/Button";
import { Badge } from "../../kit/Chip";
import { Menu, MenuItem, MenuLabel, MenuLine } from "../../kit/Menu";
import { useShortcuts } from "../../kit/shortcuts";
import { toast } from "../../kit/toast";
import type { ProjectPlace } from "../../paths";
import styles from "./RunsTable.module.css";
import type { Search } from "./undo";
import { NO_VIEW, stateFrom, type TableView } from "./useTableView";

const NameDialog = lazy(() => import("../../kit/NameDialog"));
const ICON = { size: 15, "aria-hidden": true } as const;

interface TableViewsProps {
  place: ProjectPlace;
  viewed: TableView;
}

export function TableViews({ place: { owner, project }, viewed }: TableViewsProps) {
  const client = useQueryClient();
  const [naming, setNaming] = useState(false);
  const { view, all, state, edited } = viewed;
  const again = async () => {
    await client.invalidateQueries({ queryKey: ["views", owner, project] });
    await client.invalidateQueries({ queryKey: ["view", owner, project] });
  };
  const told = async (act: () => Promise<unknown>) => {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      const changed = "Somebody else saved this view meanwhile. Save again, or save as another.";
      toast(error.code === "view-changed" ? changed : error.message);
    }
    await again();
  };
  const save = () => {
    if (!view?.mine) return setNaming(true);
    void told(async () => {
      const { id, revision } = view;
      const kept = await views.change(owner, project, id, { revision, content: contentOf(state) });
      client.setQueryData(views.one(owner, project, id).queryKey, kept);
      viewed.open(id, state);
      toast(`Saved “${view.name}”`);
    });
  };
  const saveAs = (name: string, shared: boolean) =>
    told(async () => {
      const content = contentOf(state);
      const made = await views.create(owner, project, { name, shared, content, kind: "table" });
      client.setQueryData(views.one(owner, project, made.id).queryKey, made);
      setNaming(false);
      viewed.open(made.id, state);
      toast(`Saved “${name}”`);
    });
  useShortcuts({ "mod+s": save });
  return (
    <span className={styles.views}>
      <Menu
        trigger={
          <Button variant="ghost" aria-label={`View: ${view?.name ?? "All runs"}`}>
            {view?.name ?? "All runs"}
            <ChevronDown size={14} aria-hidden />
          </Button>
        }
      >
        <MenuLabel>Saved views</MenuLabel>
        <MenuItem onSelect={() => viewed.open(all.some((one) => one.default) ? NO_VIEW : null, {})}>
          All runs
        </MenuItem>
        {all.map((one) => (
          <MenuItem
            key={one.id}
            {...(one.shared ? { icon: <Users {...ICON} /> } : {})}
            {...(one.default ? { hint: "default" } : {})}
            onSelect={() => viewed.open(one.id, {})}
          >
            {one.name}
          </MenuItem>
        ))}
        <MenuLine />
        <MenuItem hint="⌘S" onSelect={() => setNaming(true)}>
          Save as…
        </MenuItem>
        {edited && view && (
          <MenuItem
            icon={<Undo2 {...ICON} />}
            onSelect={() => viewed.open(view.id, stateFrom(stateOf(view.content)))}
          >
            Drop edits
          </MenuItem>
        )}
        {view && !view.default && (
          <MenuItem
            icon={<Star {...ICON} />}
            onSelect={() =>
              void told(() =>
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
              void told(async () => {
                await views.remove(owner, project, view.id);
                viewed.open(null, state);
              })
            }
          >
            Delete view
          </MenuItem>
        )}
      </Menu>
      {edited && (
        <>
          {view && <Badge tone="warn">Edited</Badge>}
          <Button variant="ghost" size="small" onClick={save}>
            Save view
          </Button>
        </>
      )}
      <IconButton
        label="Copy a link to this table"
        size="small"
        onClick={() => void share({ owner, project }, state)}
      >
        <Share2 size={15} aria-hidden />
      </IconButton>
      {naming && (
        <Suspense fallback={null}>
          <NameDialog
            label="Save view"
            name={view?.name ?? ""}
            question="Shared with everybody in the project"
            onClose={() => setNaming(false)}
            onSave={(name, shared) => void saveAs(name, shared)}
          />
        </Suspense>
      )}
    </span>
  );
}

/** Puts a link into the clipboard that shows others the same; a short one where it would be long. */
async function share({ owner, project }: ProjectPlace, state: Search): Promise<void> {
  const told = Object.entries({ view: NO_VIEW, ...state }).flatMap(([name, text]) =>
    text ? [[name, text]] : [],
  );
  const query = new URLSearchParams(told).toString();
  try {
    const short = query.length > LONGEST;
    const hash = short && (await links.make(owner, project, location.pathname, query));
    const path = hash ? `/s/${hash}` : `${location.pathname}?${query}`;
    await navigator.clipboard.writeText(location.origin + path);
    toast("Link copied");
  } catch (error) {
    const why = error instanceof ApiError ? error.message : null;
    toast(why ?? "The browser does not allow copying here: copy the address instead.");
  }
}
