/** All projects that one may see: what runs now, and what was touched last. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Search, SearchX } from "lucide-react";
import { lazy, Suspense, useState } from "react";
import { projectsQuery } from "../../api/queries";
import type { Project } from "../../api/types";
import { Button } from "../../kit/Button";
import { Badge } from "../../kit/Chip";
import { ago, at, count } from "../../kit/format";
import { EmptyState, ErrorState, Skeleton } from "../../kit/states";
import { TypedField } from "../../kit/TypedField";
import { useNow } from "../../kit/useNow";
import { paths } from "../../paths";
import styles from "./Projects.module.css";

const FirstRun = lazy(() => import("./FirstRun"));

export function Projects() {
  const { q = "" } = useSearch({ strict: false });
  const navigate = useNavigate();
  const { data, error, isPending, refetch } = useQuery(projectsQuery(""));
  const search = (text: string) =>
    navigate({ ...paths.projects(), search: { q: text || undefined }, replace: true });

  const all = data?.items ?? [];
  // Whoever waits for a first run goes on waiting until it has logged something.
  const [waits, wait] = useState(false);
  const none = data !== undefined && all.length === 0;
  if (none && !waits) wait(true);
  if (error && !data) return <ErrorState error={error} retry={refetch} />;
  if (none || waits) {
    return (
      <Suspense fallback={null}>
        <FirstRun />
      </Suspense>
    );
  }
  const shown = all.filter((one) => matches(one, q));
  return (
    <div className={styles.page}>
      <header className={styles.header}>
        <h1>Projects</h1>
        {data && <span className={styles.total}>{count(data.total)}</span>}
        <TypedField
          label="Search projects"
          placeholder="Search projects"
          className={styles.search}
          icon={<Search size={15} aria-hidden />}
          value={q}
          onType={search}
        />
      </header>
      {isPending && <Skeleton height={40} lines={6} />}
      {data && shown.length === 0 && (
        <EmptyState
          icon={<SearchX size={20} aria-hidden />}
          title={`0 of ${count(all.length)} match`}
          action={<Button onClick={() => search("")}>Clear search</Button>}
        />
      )}
      {shown.length > 0 && <ProjectTable projects={shown} />}
    </div>
  );
}

function matches(project: Project, q: string): boolean {
  const name = `${project.owner}/${project.name} ${project.description ?? ""}`.toLowerCase();
  return q
    .toLowerCase()
    .split(/\s+/)
    .every((word) => name.includes(word));
}

function ProjectTable({ projects }: { projects: Project[] }) {
  const now = useNow(30_000);
  return (
    <table className={styles.table}>
      <thead>
        <tr>
          <th scope="col">Name</th>
          <th scope="col" className={styles.number}>
            Runs
          </th>
          <th scope="col">Running now</th>
          <th scope="col">Last activity</th>
        </tr>
      </thead>
      <tbody>
        {projects.map((project) => {
          const { owner, name, runs, running, updated_at } = project;
          return (
            <tr key={`${owner}/${name}`} data-testid="project-row">
              <td>
                <Link {...paths.workspace({ owner, project: name })} className={styles.name}>
                  <span>{owner}/</span>
                  {name}
                </Link>
                {project.description && <p className={styles.about}>{project.description}</p>}
              </td>
              <td className={styles.number}>{count(runs)}</td>
              <td>
                {running > 0 ? <Badge tone="ok">{count(running)} running</Badge> : <span>–</span>}
              </td>
              <td title={at(updated_at)}>{ago(updated_at, now)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}
