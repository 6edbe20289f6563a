/** The keyboard in a list of runs and over their panels. */
import { useNavigate } from "@tanstack/react-router";
import { useEffect } from "react";
import type { Run } from "../../api/types";
import { useShortcuts } from "../../kit/shortcuts";
import { paths } from "../../paths";
import { focus, useFocusStore } from "./focus";
import type { ChangeView } from "./useView";
import { measuredAgainst, toggled } from "./view";

interface RunKeysProps {
  runs: readonly Run[];
  shown: ReadonlySet<string>;
  change: ChangeView;
  filterRef: React.RefObject<HTMLInputElement | null>;
  findRef: React.RefObject<HTMLInputElement | null>;
}

/** j and k walk the runs, space shows or hides, Enter opens; f and p go to the two filters. */
export function useRunKeys({ runs, shown, change, filterRef, findRef }: RunKeysProps): void {
  const navigate = useNavigate();
  const held = () => useFocusStore.getState().held;
  const move = (by: number) => {
    const at = runs.findIndex((run) => run.id === held());
    const next = runs[Math.min(runs.length - 1, Math.max(0, at + by))];
    if (next) focus.hold(next.id);
  };
  const withHeld = (act: (run: Run) => void) => {
    const run = runs.find((one) => one.id === held());
    if (run) act(run);
  };
  const open = () =>
    withHeld(({ owner, project, id }) => navigate(paths.run({ owner, project, run: id })));
  useShortcuts({
    j: () => move(1),
    k: () => move(-1),
    f: () => filterRef.current?.focus(),
    p: () => findRef.current?.focus(),
    o: open,
    enter: open,
    x: () => withHeld(({ id }) => change((view) => toggled(view, id, shown.has(id)))),
    b: () => withHeld(({ id }) => change((view) => measuredAgainst(view, id))),
    " ": () => withHeld(({ id }) => change((view) => toggled(view, id, shown.has(id)))),
    escape: () => focus.hold(null),
  });
  useEffect(() => () => focus.hold(null), []);
}
