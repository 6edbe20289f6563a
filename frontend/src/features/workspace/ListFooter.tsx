/** Below the list of runs: how many are shown, and which. */
import { ChevronDown, Eye } from "lucide-react";
import { lazy } from "react";
import { count } from "../../kit/format";
import { Menu } from "../../kit/Menu";
import styles from "./RunList.module.css";
import type { ChangeView } from "./useView";
import type { View } from "./view";

const ShownMenu = lazy(() => import("./ShownMenu"));

export interface FooterProps {
  shown: ReadonlySet<string>;
  view: View;
  onChange: ChangeView;
}

interface ListFooterProps extends FooterProps {
  pending: boolean; // which runs there are is not known: a number that grows would move the words
}

/** Which they are: new runs join the newest, and never those that were chosen. */
const saidOf = (view: View) => (view.sel ? "· as chosen" : "· newest first");

export function ListFooter({ pending, shown, view, onChange }: ListFooterProps) {
  if (pending) return <footer className={styles.footer} />;
  return (
    <footer className={styles.footer}>
      <Menu
        trigger={
          <button type="button" className={styles.shown}>
            <Eye size={15} aria-hidden />
            <span data-testid="shown">
              <b>{count(shown.size)}</b> shown
            </span>
            <span>{view.group.length ? "· in groups" : saidOf(view)}</span>
            <ChevronDown size={12} aria-hidden />
          </button>
        }
      >
        <ShownMenu shown={shown} view={view} onChange={onChange} />
      </Menu>
    </footer>
  );
}
