/** What can be done with a run: stop it, compare it, measure others against it, go on, delete it. */
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import {
  Copy,
  Flag,
  FlagOff,
  GitCompareArrows,
  MoreHorizontal,
  OctagonX,
  RotateCw,
  Trash2,
} from "lucide-react";
import { useState } from "react";
import { askBaseline, baselineOf } from "../../api/baseline";
import type { ApiError } from "../../api/client";
import { change } from "../../api/queries";
import { many } from "../../api/runs-table";
import type { Run } from "../../api/types";
import { Button } from "../../kit/Button";
import { copyText } from "../../kit/clipboard";
import { Menu, MenuItem, MenuLine } from "../../kit/Menu";
import { toast } from "../../kit/toast";
import { paths } from "../../paths";
import { resumeCommand } from "./command";
import styles from "./RunPage.module.css";

const ICON = { size: 15, "aria-hidden": true } as const;

interface ActionsProps {
  run: Run;
  baseline: string | null;
  onBaseline: (run: string | null) => void;
}

/** Which run of its project is the baseline, as this page knows and changes it. */
export function useBaseline(run: Run): [string | null, (id: string | null) => void] {
  const place = { owner: run.owner, project: run.project };
  const [base, setBase] = useState(() => baselineOf(place));
  const navigate = useNavigate();
  const choose = (id: string | null) => {
    if (!askBaseline(place, id)) return toast("The browser does not keep it.");
    setBase(id);
    toast(id ? `Others are measured against ${run.name}` : "No baseline", {
      label: "To the workspace",
      run: () => void navigate(paths.workspace(place)),
    });
  };
  return [base, choose];
}

export function Actions({ run, baseline, onBaseline }: ActionsProps) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const { owner, project, id } = run;
  const stop = useMutation<Run, ApiError>({
    mutationFn: () => change.run(owner, project, id, { stop_requested: true }),
    onSuccess: (next) => client.setQueryData(["run", owner, project, id], next),
    onError: (error) => toast(error.message),
  });
  const remove = useRemoval(run);
  const ref = (one: string) => `${owner}/${project}/${one}`;
  const compare = (others: string[] = []) =>
    navigate({
      ...paths.compareAny(),
      search: {
        ids: [...others, id].map(ref).join(","),
        base: others[0] ? ref(others[0]) : undefined,
      },
    });
  const isBase = baseline === id;
  return (
    <span className={styles.actions}>
      {(run.state === "running" || run.state === "unreachable") && (
        <Button
          icon={<OctagonX {...ICON} />}
          disabled={run.stop_requested || stop.isPending}
          onClick={() => stop.mutate()}
        >
          {run.stop_requested ? "Stopping…" : "Stop"}
        </Button>
      )}
      <Button
        className={styles.compare}
        icon={<GitCompareArrows {...ICON} />}
        onClick={() => compare()}
      >
        <span>Compare with…</span>
      </Button>
      <Menu
        align="end"
        trigger={
          <button type="button" className={styles.more} aria-label="More">
            <MoreHorizontal size={16} aria-hidden />
          </button>
        }
      >
        <MenuItem
          icon={isBase ? <FlagOff {...ICON} /> : <Flag {...ICON} />}
          onSelect={() => onBaseline(isBase ? null : id)}
        >
          {isBase ? "No baseline" : "Set as baseline"}
        </MenuItem>
        {baseline && !isBase && (
          <MenuItem icon={<GitCompareArrows {...ICON} />} onSelect={() => void compare([baseline])}>
            Compare with the baseline
          </MenuItem>
        )}
        <MenuLine />
        <MenuItem
          icon={<RotateCw {...ICON} />}
          onSelect={() => copy("Resume command", resumeCommand(run))}
        >
          Copy resume command
        </MenuItem>
        <MenuItem icon={<Copy {...ICON} />} onSelect={() => copy("Path", ref(id))}>
          Copy path for the API
        </MenuItem>
        <MenuLine />
        <MenuItem danger icon={<Trash2 {...ICON} />} onSelect={() => remove.mutate()}>
          Delete run
        </MenuItem>
      </Menu>
    </span>
  );
}

function copy(what: string, text: string): void {
  copyText(text).then(
    () => toast(`${what} copied`),
    (error: Error) => toast(`It was not copied: ${error.message}`),
  );
}

/** Into the bin, from which it comes back for a month; the toast takes it back at once. */
function useRemoval(run: Run) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const place = { owner: run.owner, project: run.project };
  const again = () => {
    void client.invalidateQueries({ queryKey: ["runs", run.owner, run.project] });
    void client.invalidateQueries({ queryKey: ["project", run.owner, run.project] });
  };
  const restore = async () => {
    try {
      await many.restore(place, [run.id]);
      again();
      await navigate(paths.run({ ...place, run: run.id }));
    } catch (error) {
      toast(`It did not come back: ${(error as Error).message}`);
    }
  };
  return useMutation<unknown, ApiError>({
    mutationFn: () => many.trash(place, { runs: [run.id] }),
    onSuccess: async () => {
      await navigate(paths.table(place));
      client.removeQueries({ queryKey: ["run", run.owner, run.project, run.id] });
      again();
      toast(`Deleted ${run.name}`, { label: "Undo", run: () => void restore() });
    },
    onError: (error) => toast(error.message),
  });
}
