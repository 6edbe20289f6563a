/** Saved views of the comparison: which one it is, saving, sharing, and a link to what is seen. */
import { useQueryClient } from "@tanstack/react-query";
import { Link2, Redo2, Undo2 } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { ApiError } from "../../api/client";
import { contentOf, LONGEST, links, stateOf, views, type WholeView } from "../../api/views";
import { IconButton } from "../../kit/Button";
import { copyText } from "../../kit/clipboard";
import { SavedMenu } from "../../kit/SavedMenu";
import { useShortcuts } from "../../kit/shortcuts";
import { toast } from "../../kit/toast";
import { href, type ProjectPlace, paths } from "../../paths";
import { asKept, asShown, stateFrom } from "./state";
import { type Compares, NO_VIEW } from "./useCompareState";

const NameDialog = lazy(() => import("../../kit/NameDialog"));

const CHANGED = "Somebody else saved this view meanwhile. Save again, or save as another.";

export function CompareViews({ compares }: { compares: Compares }) {
  const { undo, redo, saved } = compares;
  useShortcuts({ "mod+z": () => undo?.(), "mod+shift+z": () => redo?.() });
  return (
    <>
      {saved.place && <Views compares={compares} of={saved.place} />}
      <IconButton label="Undo" size="small" disabled={!undo} onClick={() => undo?.()}>
        <Undo2 size={15} aria-hidden />
      </IconButton>
      <IconButton label="Redo" size="small" disabled={!redo} onClick={() => redo?.()}>
        <Redo2 size={15} aria-hidden />
      </IconButton>
    </>
  );
}

interface ViewsProps {
  compares: Compares;
  of: ProjectPlace; // whose views they are
}

function Views({ compares, of: { owner, project } }: ViewsProps) {
  const client = useQueryClient();
  const [naming, setNaming] = useState(false);
  const { place, state, saved, open } = compares;
  const { view, all, edited } = saved;
  const content = () => contentOf(asKept(state, place));
  const hold = (kept: WholeView) =>
    client.setQueryData(views.one(owner, project, kept.id).queryKey, kept);

  /** Does it, says what the server refuses, and looks at all views anew. */
  const told = async (act: () => Promise<unknown>) => {
    try {
      await act();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      toast(error.code === "view-changed" ? CHANGED : error.message);
    }
    await client.invalidateQueries({ queryKey: ["views", owner, project] });
    await client.invalidateQueries({ queryKey: ["view", owner, project] });
  };
  const create = async (name: string, shared: boolean, what = content()) => {
    const body = { name, shared, content: what, kind: "compare" as const };
    const made = await views.create(owner, project, body);
    hold(made);
    return made;
  };
  const save = () => {
    if (!view?.mine) return setNaming(true);
    void told(async () => {
      const { id, revision } = view;
      hold(await views.change(owner, project, id, { revision, content: content() }));
      toast(`Saved “${view.name}”`);
    });
  };
  const remove = (gone: WholeView) =>
    void told(async () => {
      await views.remove(owner, project, gone.id);
      open(null, state);
      toast(`Deleted view “${gone.name}”`, {
        label: "Undo",
        run: () =>
          void told(async () => {
            open((await create(gone.name, gone.shared, gone.content)).id, state);
          }),
      });
    });
  useShortcuts({ "mod+s": save });
  return (
    <>
      <SavedMenu
        none="Not saved"
        all={all}
        present={view}
        edited={edited}
        onOpen={(id) => open(id ?? (all.some((one) => one.default) ? NO_VIEW : null))}
        onSave={save}
        onSaveAs={() => setNaming(true)}
        onDrop={() => view && open(view.id, asShown(stateFrom(stateOf(view.content)), place))}
        onDefault={() =>
          void told(async () => {
            if (!view) return;
            const { id, revision } = view;
            hold(await views.change(owner, project, id, { revision, default: true }));
          })
        }
        onDelete={() => view && remove(view)}
      />
      <IconButton
        label="Copy a link to this comparison"
        size="small"
        onClick={() => void share({ owner, project }, asKept(state, place))}
      >
        <Link2 size={15} aria-hidden />
      </IconButton>
      {naming && (
        <Suspense fallback={null}>
          <NameDialog
            label="Save view"
            name={view?.name ?? ""}
            question="Shared with everybody in the project"
            onClose={() => setNaming(false)}
            onSave={(name, shared) =>
              void told(async () => {
                const made = await create(name, shared);
                setNaming(false);
                open(made.id, state);
                toast(`Saved “${name}”`);
              })
            }
          />
        </Suspense>
      )}
    </>
  );
}

/** Puts a link into the clipboard that shows others the same; a short one where it would be long. */
async function share(place: ProjectPlace, kept: ReturnType<typeof asKept>): Promise<void> {
  const query = new URLSearchParams(kept).toString();
  const path = href(paths.compare(place));
  try {
    const short = query.length > LONGEST;
    const hash = short && (await links.make(place.owner, place.project, path, query));
    await copyText(location.origin + (hash ? `/s/${hash}` : `${path}?${query}`));
    toast("Link copied");
  } catch (error) {
    toast(`The link was not copied: ${(error as Error).message}`);
  }
}
