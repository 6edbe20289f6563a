/** Search: type a few letters of a page, a project, a run or a metric, and go there. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { ChartSpline, FolderOpen, LayoutGrid, Search, Settings, Table2 } from "lucide-react";
import { type KeyboardEvent, type ReactNode, useDeferredValue, useState } from "react";
import { keysQuery, projectsQuery, runsQuery } from "../../api/queries";
import { Dialog } from "../../kit/Dialog";
import { StateDot, Swatch } from "../../kit/marks";
import { type ProjectPlace, paths } from "../../paths";
import styles from "./Palette.module.css";

interface Hit {
  id: string;
  kind: string;
  text: string;
  mark: ReactNode;
  go: () => void;
}

const EACH = 6;
const ICON = { size: 15, "aria-hidden": true } as const;

/** Whether all words occur, in any order. */
function matches(text: string, words: string): boolean {
  const low = text.toLowerCase();
  return words.split(/\s+/).every((word) => low.includes(word));
}

function useHits(text: string, place: ProjectPlace | null): Hit[] {
  const navigate = useNavigate();
  const words = useDeferredValue(text.trim().toLowerCase());
  const there = place ?? { owner: "", project: "" };
  const enabled = place !== null;
  const projects = useQuery(projectsQuery("")).data?.items ?? [];
  const runs = useInfiniteQuery({ ...runsQuery({ ...there, q: words }), enabled }).data;
  const keys = useQuery({ ...keysQuery(there.owner, there.project), enabled }).data ?? [];

  const pages: Hit[] = place
    ? [
        {
          id: "workspace",
          text: "Workspace",
          mark: <LayoutGrid {...ICON} />,
          go: () => navigate(paths.workspace(place)),
        },
        {
          id: "table",
          text: "Runs",
          mark: <Table2 {...ICON} />,
          go: () => navigate(paths.table(place)),
        },
      ].map((hit) => ({ ...hit, kind: "Page" }))
    : [];
  pages.push({
    id: "settings",
    kind: "Page",
    text: "Settings",
    mark: <Settings {...ICON} />,
    go: () => navigate(paths.settings()),
  });
  const found: Hit[] = place
    ? [
        ...(runs?.pages[0]?.items ?? []).slice(0, EACH).map((run) => ({
          id: `run ${run.id}`,
          kind: "Run",
          text: run.name,
          mark: (
            <>
              <Swatch color={run.color} />
              <StateDot state={run.state} />
            </>
          ),
          go: () => navigate(paths.run({ ...place, run: run.id })),
        })),
        ...keys
          .filter((one) => one.kind === "number" && words !== "" && matches(one.key, words))
          .slice(0, EACH)
          .map(({ key }) => ({
            id: `key ${key}`,
            kind: "Metric",
            text: key,
            mark: <ChartSpline {...ICON} />,
            go: () =>
              navigate({
                ...paths.workspace(place),
                search: (before) => ({ ...before, panel: key }),
              }),
          })),
      ]
    : [];
  const others = projects
    .map((project) => ({ project, text: `${project.owner}/${project.name}` }))
    .filter((one) => matches(one.text, words))
    .slice(0, EACH)
    .map(({ project, text: name }) => ({
      id: `project ${name}`,
      kind: "Project",
      text: name,
      mark: <FolderOpen {...ICON} />,
      go: () => navigate(paths.workspace({ owner: project.owner, project: project.name })),
    }));
  return [...pages.filter((hit) => matches(hit.text, words)), ...found, ...others];
}

interface PaletteProps {
  place: ProjectPlace | null;
  onClose: () => void;
}

export default function Palette({ place, onClose }: PaletteProps) {
  const [text, setText] = useState("");
  const [chosen, choose] = useState(0);
  const hits = useHits(text, place);
  const current = Math.min(chosen, hits.length - 1);

  const go = (hit: Hit | undefined) => {
    if (!hit) return;
    onClose();
    hit.go();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) choose((current + step + hits.length) % Math.max(1, hits.length));
    else if (event.key === "Enter") go(hits[current]);
    else return;
    event.preventDefault();
  };

  return (
    <Dialog label="Search" size="palette" bare onClose={onClose}>
      <div className={styles.ask}>
        <Search size={17} aria-hidden />
        <input
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-hits"
          aria-activedescendant={hits[current] ? `hit-${current}` : undefined}
          aria-label="Search runs, metrics, pages"
          placeholder="Search runs, metrics, pages"
          value={text}
          onChange={(event) => {
            setText(event.target.value);
            choose(0);
          }}
          onKeyDown={onKeyDown}
        />
      </div>
      <div id="palette-hits" role="listbox" aria-label="Results" className={styles.hits}>
        {hits.map((hit, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the input above takes the keys
          <div
            key={hit.id}
            id={`hit-${index}`}
            role="option"
            tabIndex={-1}
            aria-selected={index === current}
            className={styles.hit}
            onPointerMove={() => choose(index)}
            onClick={() => go(hit)}
          >
            <span className={styles.mark}>{hit.mark}</span>
            <span className={styles.text}>{hit.text}</span>
            <span className={styles.kind}>{hit.kind}</span>
          </div>
        ))}
      </div>
      {hits.length === 0 && <p className={styles.none}>Nothing matches “{text}”.</p>}
    </Dialog>
  );
}
