/** The pages of a project, as a column of icons with names on hover. */
import { Link } from "@tanstack/react-router";
import {
  ChartScatter,
  FolderOpen,
  GitCompareArrows,
  LayoutGrid,
  Settings,
  Table2,
} from "lucide-react";
import type { ReactElement } from "react";
import { Tooltip } from "../../kit/Tooltip";
import { type ProjectPlace, paths } from "../../paths";
import styles from "./Shell.module.css";

const ICON = { size: 18, strokeWidth: 1.75, "aria-hidden": true } as const;

export function Rail({ place }: { place: ProjectPlace | null }) {
  return (
    <nav className={styles.rail} aria-label="Pages">
      <ul>
        {place ? (
          <>
            <Stop name="Workspace" hint="G W">
              <Link {...paths.workspace(place)} aria-label="Workspace">
                <LayoutGrid {...ICON} />
              </Link>
            </Stop>
            <Stop name="Runs" hint="G R">
              <Link {...paths.table(place)} aria-label="Runs">
                <Table2 {...ICON} />
              </Link>
            </Stop>
            <Stop name="Compare" hint="G C">
              <Link {...paths.compare(place)} aria-label="Compare">
                <GitCompareArrows {...ICON} />
              </Link>
            </Stop>
            <Stop name="Plots" hint="G L">
              <Link {...paths.plots(place)} aria-label="Plots">
                <ChartScatter {...ICON} />
              </Link>
            </Stop>
          </>
        ) : (
          <Stop name="Projects" hint="G P">
            <Link {...paths.projects()} aria-label="Projects" activeOptions={{ exact: true }}>
              <FolderOpen {...ICON} />
            </Link>
          </Stop>
        )}
        <Stop name="Settings">
          <Link {...paths.settings()} aria-label="Settings">
            <Settings {...ICON} />
          </Link>
        </Stop>
      </ul>
    </nav>
  );
}

function Stop({ name, hint, children }: { name: string; hint?: string; children: ReactElement }) {
  return (
    <li>
      <Tooltip text={name} hint={hint} side="right">
        {children}
      </Tooltip>
    </li>
  );
}
