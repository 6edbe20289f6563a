/** What can be done with a panel: its settings, full screen, and a menu that comes when it is opened. */
import { Expand, MoreHorizontal, Settings2 } from "lucide-react";
import { lazy, Suspense, useEffect, useState } from "react";
import { IconButton } from "../../kit/Button";
import { download } from "../../kit/download";
import { Menu } from "../../kit/Menu";
import { isFresh, isSeen } from "./fresh-panels";
import styles from "./Panel.module.css";
import { PanelSettings } from "./PanelSettings";
import type { ChartState } from "./useChart";

const menu = () => import("./PanelMenu");
const PanelMenu = lazy(menu);
const PublishDialog = lazy(() => import("../../kit/PublishDialog"));

interface PanelActionsProps {
  id: string;
  section: string;
  siblings?: readonly string[];
  onExpand?: ((id: string) => void) | undefined;
  title: string;
  chart: ChartState;
  blank: boolean; // it was not told what to draw
  onTable: () => void;
}

const ICON = { size: 15, "aria-hidden": true } as const;

/** A name for what is taken away of a panel. */
export const fileOf = (title: string) => title.replace(/[^\p{L}\p{N}_.-]+/gu, "_");

export function PanelActions(props: PanelActionsProps) {
  const { id, section, siblings = [], title, chart, blank, onExpand, onTable } = props;
  const [editing, edit] = useState(() => isFresh(id)); // a new one has to be told what to draw
  const [publishing, publish] = useState(false);
  useEffect(() => isSeen(id), [id]);
  return (
    <span className={styles.actions} data-blank={blank || undefined}>
      <PanelSettings
        id={id}
        section={section}
        open={editing}
        onOpen={edit}
        trigger={
          <button type="button" className={styles.more} aria-label={`Settings of ${title}`}>
            <Settings2 {...ICON} />
          </button>
        }
      />
      {onExpand && (
        <IconButton label={`${title} in full screen`} size="small" onClick={() => onExpand(id)}>
          <Expand {...ICON} />
        </IconButton>
      )}
      <Menu
        align="end"
        trigger={
          <button
            type="button"
            className={styles.more}
            aria-label={`More for ${title}`}
            onPointerEnter={menu}
            onFocus={menu}
          >
            <MoreHorizontal {...ICON} />
          </button>
        }
      >
        <PanelMenu
          id={id}
          section={section}
          siblings={siblings}
          title={title}
          chart={chart}
          onEdit={() => edit(true)}
          onTable={onTable}
          onPublish={() => publish(true)}
        />
      </Menu>
      {publishing && (
        <Suspense fallback={null}>
          <PublishDialog
            name={title}
            onTake={async (how) => {
              const made = await chart.panel.current?.publish(how);
              if (made) download(`${fileOf(title)}.${how.format}`, made);
            }}
            onClose={() => publish(false)}
          />
        </Suspense>
      )}
    </span>
  );
}
