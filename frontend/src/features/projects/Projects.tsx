/** All projects that one may see: what runs now, and what was touched last. */
import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Search, SearchX } from "lucide-react";
import { useEffect, useRef } from "react";
import { projectsQuery } from "../../api/queries";
import type { Project } from "../../api/types";
import { Button } from "../../kit/Button";
import { Badge } from "../../kit/Chip";
import { Field } from "../../kit/Field";
import { ago, at, count } from "../../kit/format";
import { EmptyState, ErrorState, Skeleton } from "../../kit/states";
import { useNow } from "../../kit/useNow";
import { paths } from "../../paths";
import { FirstRun } from "./FirstRun";
import styles from "./Projects.module.css";

export function Projects() {
  const { q = "" } = useSearch({ strict: false });
  const navigate = useNavigate();
  const { data, error, isPending, refetch } = useQuery(projectsQuery(""));
  const search = (text: string) =>
    navigate({ ...paths.projects(), search: { q: text || undefined }, replace: true });

  const all = data?.items ?? [];
  useFirstProject(data?.items);
  if (error && !data) return <ErrorState error={error} retry={refetch} />;
  if (data && all.length === 0) return <FirstRun />;
  const shown = all.filter((one) => matches(one, q));
  return (
    <div className={styles.page}>
      <header className={styles.header}>
        <h1>Projects</h1>
        {data && <span className={styles.total}>{count(data.total)}</span>}
        <Field
          label="Search projects"
          placeholder="Search projects"
          className={styles.search}
          icon={<Search size={15} aria-hidden />}
          value={q}
          onChange={(event) => search(event.target.value)}
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

/** Goes to the first project when it appears while one waits for it. */
function useFirstProject(projects: Project[] | undefined): void {
  const navigate = useNavigate();
  const waited = useRef(false);
  useEffect(() => {
    const first = projects?.[0];
    if (projects && !first) waited.current = true;
    if (first && waited.current) {
      void navigate(paths.workspace({ owner: first.owner, project: first.name }));
    }
  }, [projects, navigate]);
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
