/** Which saved view is looked at, whether it was edited, and how to save it. */
import { useQueryClient } from "@tanstack/react-query";
import { ChevronDown } from "lucide-react";
import { lazy, Suspense } from "react";
import { ApiError } from "../../api/client";
import { contentOf, views } from "../../api/views";
import { Button } from "../../kit/Button";
import { Badge } from "../../kit/Chip";
import { Menu } from "../../kit/Menu";
import { toast } from "../../kit/toast";
import { withoutMoment } from "./spelling";
import type { Saved } from "./useSavedView";
import type { Viewed } from "./useView";
import styles from "./ViewBar.module.css";

const ViewChoices = lazy(() => import("./ViewChoices"));
const SaveAs = lazy(() => import("./SaveAs"));

interface ViewMenuProps {
  owner: string;
  project: string;
  viewed: Viewed;
  saved: Saved;
  saving: boolean; // the dialog that asks for a name is open
  onSaving: (saving: boolean) => void;
}

export function ViewMenu({ owner, project, viewed, saved, saving, onSaving }: ViewMenuProps) {
  const client = useQueryClient();
  const { view } = saved;
  const again = async () => {
    await client.invalidateQueries({ queryKey: ["views", owner, project] });
    await client.invalidateQueries({ queryKey: ["view", owner, project] });
  };
  const told = async (act: () => Promise<unknown>) => {
    try {
      await act();
      await again();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.code !== "view-changed") return toast(error.message);
      await again();
      toast(
        "Somebody else saved this view meanwhile: yours are kept as edits. Save again, or save as.",
      );
    }
  };
  const save = () => {
    if (!view?.mine) return onSaving(true);
    void told(async () => {
      const content = contentOf(withoutMoment(viewed.state));
      const { revision } = view;
      const kept = await views.change(owner, project, view.id, { revision, content });
      client.setQueryData(views.one(owner, project, view.id).queryKey, kept);
      viewed.open(view.id);
      toast(`Saved “${view.name}”`);
    });
  };
  return (
    <>
      <Menu
        trigger={
          <Button
            variant="ghost"
            className={styles.name}
            aria-label={`View: ${view?.name ?? "Automatic"}`}
          >
            <span>{view?.name ?? "Automatic"}</span>
            <ChevronDown size={14} aria-hidden />
          </Button>
        }
      >
        <ViewChoices
          owner={owner}
          project={project}
          viewed={viewed}
          saved={saved}
          told={told}
          onSaving={onSaving}
        />
      </Menu>
      {viewed.edited && (
        <>
          <Badge tone="warn">Edited</Badge>
          <Button variant="ghost" onClick={save}>
            Save view
          </Button>
        </>
      )}
      {saving && (
        <Suspense fallback={null}>
          <SaveAs
            name={view?.name ?? ""}
            onClose={() => onSaving(false)}
            onSave={(name, shared) =>
              told(async () => {
                const content = contentOf(withoutMoment(viewed.state));
                const made = await views.create(owner, project, {
                  name,
                  shared,
                  content,
                  kind: "workspace",
                });
                client.setQueryData(views.one(owner, project, made.id).queryKey, made);
                onSaving(false);
                viewed.open(made.id);
                toast(`Saved “${name}”`);
              })
            }
          />
        </Suspense>
      )}
    </>
  );
}
