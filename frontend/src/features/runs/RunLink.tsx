/** The name of a run as a way to it: lighter than the router's, since a table has very many. */
import { useRouter } from "@tanstack/react-router";
import type { MouseEvent } from "react";
import type { Run } from "../../api/types";
import { href, paths } from "../../paths";
import styles from "./RunsTable.module.css";

export function RunLink({ run: { owner, project, id, name } }: { run: Run }) {
  const router = useRouter();
  const place = paths.run({ owner, project, run: id });
  const follow = (event: MouseEvent) => {
    const other = event.metaKey || event.ctrlKey || event.shiftKey || event.altKey;
    if (other || event.button !== 0) return; // a new tab, or whatever the browser makes of it
    event.preventDefault();
    void router.navigate(place);
  };
  return (
    <a href={href(place)} className={styles.name} title={name} onClick={follow}>
      {name}
    </a>
  );
}
