/**
 * The first lines of a script, with this server's own address. It waits, and opens the first run
 * when that has logged a metric.
 */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useNavigate } from "@tanstack/react-router";
import { Rocket } from "lucide-react";
import { useEffect, useState } from "react";
import { keysQuery, meQuery, projectsQuery, runsQuery } from "../../api/queries";
import { CodeBlock } from "../../kit/Copyable";
import { EmptyState } from "../../kit/states";
import { Tabs } from "../../kit/Tabs";
import { type ProjectPlace, paths } from "../../paths";
import styles from "./FirstRun.module.css";
import { shell, snippets } from "./snippets";

const WAIT_MS = 1000;

/** A name without what an id may not have. */
const slug = (name: string) => name.toLowerCase().replace(/\W+/g, "-");

interface FirstRunProps {
  place?: ProjectPlace; // of the project that has none; without it there is no project yet
}

export default function FirstRun({ place }: FirstRunProps) {
  const { data: me } = useQuery(meQuery);
  const [chosen, choose] = useState("python");
  const foreign = place && me && place.owner !== me.user.name ? place.owner : undefined;
  const all = snippets({ project: place?.project ?? "first", owner: foreign });
  const snippet = all.find(({ name }) => slug(name) === chosen) ?? all[0];
  return (
    <div className={styles.first} data-testid="first-run">
      <EmptyState page icon={<Rocket size={20} aria-hidden />} title="Log your first run">
        Install the client on the machine that trains, tell it where this server is, and log.
      </EmptyState>
      <h2>1. In a shell</h2>
      <CodeBlock label="shell commands" code={shell(location.origin)} />
      <p className={styles.note}>
        It asks for an API key: <Link {...paths.settings()}>make one in the settings</Link>. On this
        server’s own machine none is needed.
      </p>
      <h2>2. In the script</h2>
      <div className={styles.script}>
        <Tabs
          label="Library"
          value={chosen}
          options={all.map(({ name }) => ({ value: slug(name), label: name }))}
          onChange={choose}
        >
          {snippet && <CodeBlock label={`${snippet.name} code`} code={snippet.code} />}
        </Tabs>
      </div>
      <p className={styles.note}>{snippet?.note}</p>
      <Waiting {...(place ? { place } : {})} />
    </div>
  );
}

/** Looks for the first project, its first run, and that run's first metric. */
function Waiting({ place }: FirstRunProps) {
  const navigate = useNavigate();
  const projects = useQuery({
    ...projectsQuery(""),
    refetchInterval: WAIT_MS,
    enabled: !place,
  }).data;
  const first = projects?.items[0];
  const there = place ?? (first ? { owner: first.owner, project: first.name } : null);
  const asked = there ?? { owner: "", project: "" };
  const runs = useInfiniteQuery({
    ...runsQuery(asked),
    enabled: there !== null,
    refetchInterval: WAIT_MS,
  }).data;
  const run = runs?.pages[0]?.items[0];
  const keys = useQuery({
    // Of the run's own project: for a moment the runs are still those of the project before.
    ...keysQuery(run?.owner ?? "", run?.project ?? "", run ? [run.id] : []),
    enabled: run !== undefined,
    refetchInterval: WAIT_MS,
  }).data;
  const logged = keys?.some(({ key, kind }) => kind === "number" && !key.startsWith("system/"));
  useEffect(() => {
    if (!run || !logged) return;
    void navigate(paths.runCharts({ owner: run.owner, project: run.project, run: run.id }));
  }, [run, logged, navigate]);
  return (
    <p className={styles.waiting} role="status">
      <span className={styles.pulse} aria-hidden />
      {run ? (
        <span>
          <Link {...paths.run({ owner: run.owner, project: run.project, run: run.id })}>
            {run.name}
          </Link>{" "}
          has begun; this page opens it with its first metric.
        </span>
      ) : (
        "Waiting for the first run; this page opens it."
      )}
    </p>
  );
}
