/** The compared runs in a row: dragged or moved into an order, one of them the baseline. */
import { ArrowLeft, ArrowRight, ExternalLink, Flag, X } from "lucide-react";
import { useState } from "react";
import type { Run } from "../../api/types";
import { Menu, MenuItem, MenuLine } from "../../kit/Menu";
import { StateDot, Swatch } from "../../kit/marks";
import { href, paths } from "../../paths";
import styles from "./Compare.module.css";
import { moved, refOf } from "./refs";

interface RunChipsProps {
  runs: readonly Run[];
  refs: readonly string[];
  base: string;
  across: boolean; // of more than one project
  onOrder: (refs: string[]) => void;
  onBase: (ref: string) => void;
}

const ICON = { size: 15, "aria-hidden": true } as const;

export function RunChips({ runs, refs, base, across, onOrder, onBase }: RunChipsProps) {
  const [dragged, drag] = useState<string | null>(null);
  return (
    <ul className={styles.chips} aria-label="Compared runs">
      {runs.map((run) => {
        const ref = refOf(run);
        const at = refs.indexOf(ref);
        const move = (to: number) => onOrder(moved(refs, ref, to));
        return (
          <li
            key={ref}
            data-testid="chip"
            data-base={ref === base || undefined}
            data-dragged={ref === dragged || undefined}
            draggable
            onDragStart={(event) => {
              event.dataTransfer.setData("text/plain", ref);
              drag(ref);
            }}
            onDragEnd={() => drag(null)}
            onDragOver={(event) => dragged && event.preventDefault()}
            onDrop={(event) => {
              event.preventDefault();
              if (dragged && dragged !== ref) onOrder(moved(refs, dragged, at));
            }}
          >
            <Menu
              trigger={
                <button type="button" className={styles.chip} title={ref}>
                  <Swatch color={run.color} />
                  <span className={styles.chipName}>{run.name}</span>
                  {across && <span className={styles.chipProject}>{run.project}</span>}
                  {run.state === "running" && <StateDot state={run.state} />}
                  {ref === base && (
                    <>
                      <Flag size={12} aria-hidden />
                      <span className="hidden-text">baseline</span>
                    </>
                  )}
                </button>
              }
            >
              <MenuItem icon={<Flag {...ICON} />} onSelect={() => onBase(ref)}>
                Make it the baseline
              </MenuItem>
              {at > 0 && (
                <MenuItem icon={<ArrowLeft {...ICON} />} onSelect={() => move(at - 1)}>
                  Move left
                </MenuItem>
              )}
              {at < refs.length - 1 && (
                <MenuItem icon={<ArrowRight {...ICON} />} onSelect={() => move(at + 1)}>
                  Move right
                </MenuItem>
              )}
              <MenuItem
                icon={<ExternalLink {...ICON} />}
                onSelect={() =>
                  window.open(
                    href(paths.run({ owner: run.owner, project: run.project, run: run.id })),
                    "_blank",
                    "noopener",
                  )
                }
              >
                Open in a new tab
              </MenuItem>
              <MenuLine />
              <MenuItem
                icon={<X {...ICON} />}
                onSelect={() => onOrder(refs.filter((one) => one !== ref))}
              >
                Remove from comparison
              </MenuItem>
            </Menu>
          </li>
        );
      })}
    </ul>
  );
}
