/** What stands around every page: top bar, rail, search; and the connection that keeps it live. */
import { useQueryClient } from "@tanstack/react-query";
import { Outlet, useNavigate, useParams } from "@tanstack/react-router";
import { lazy, Suspense, useEffect, useState } from "react";
import { follow } from "../../api/announcements";
import { useShortcuts } from "../../kit/shortcuts";
import { toggleTheme } from "../../kit/theme";
import { paths } from "../../paths";
import { Rail } from "./Rail";
import styles from "./Shell.module.css";
import { TopBar } from "./TopBar";

const Palette = lazy(() => import("./Palette"));
const KeyHelp = lazy(() => import("./KeyHelp"));

export function Shell() {
  const { owner, project } = useParams({ strict: false });
  const place = owner && project ? { owner, project } : null;
  const [searching, search] = useState(false);
  const [helped, help] = useState(false);
  const navigate = useNavigate();
  const client = useQueryClient();

  useEffect(() => {
    if (!owner || !project) return;
    const following = follow(client, owner, project);
    return () => following.close();
  }, [client, owner, project]);

  useShortcuts({
    "mod+k": () => search(true),
    "/": () => search(true),
    "mod+/": () => help(true),
    "?": () => help(true),
    "alt+m": toggleTheme,
    "g p": () => navigate(paths.projects()),
    "g w": () => place && navigate(paths.workspace(place)),
    "g c": () => (place ? navigate(paths.compare(place)) : navigate(paths.compareAny())),
    "g l": () => place && navigate(paths.plots(place)),
    "g r": () => place && navigate(paths.table(place)),
  });

  return (
    <div className={styles.shell}>
      <TopBar place={place} onSearch={() => search(true)} />
      <Rail place={place} />
      <main className={styles.main}>
        <Outlet />
      </main>
      {helped && (
        <Suspense fallback={null}>
          <KeyHelp onClose={() => help(false)} />
        </Suspense>
      )}
      {searching && (
        <Suspense fallback={null}>
          <Palette place={place} onClose={() => search(false)} />
        </Suspense>
      )}
    </div>
  );
}
