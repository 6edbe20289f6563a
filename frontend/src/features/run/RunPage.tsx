/** One run: who it is and how it stands; below, the tab that was chosen. */
import { useQuery } from "@tanstack/react-query";
import { Link, Outlet, useLocation, useParams } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import { ApiError } from "../../api/client";
import { gitOf } from "../../api/git";
import { valueAt } from "../../api/json-map";
import { runQuery } from "../../api/queries";
import type { Run } from "../../api/types";
import { Badge } from "../../kit/Chip";
import { ago, at, count, duration } from "../../kit/format";
import { StateDot, Swatch } from "../../kit/marks";
import { EmptyState, ErrorState, Skeleton } from "../../kit/states";
import { useNow } from "../../kit/useNow";
import { paths } from "../../paths";
import { Actions, useBaseline } from "./Actions";
import { ReceiptLine } from "./Receipt";
import styles from "./RunPage.module.css";
import { Standing } from "./Standing";

export function RunPage() {
  const { owner = "", project = "", run = "" } = useParams({ strict: false });
  const place = { owner, project, run };
  const { data, error, refetch } = useQuery(runQuery(owner, project, run));
  const { pathname } = useLocation();
  const tabs = useRef<HTMLElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another path is another tab
  useEffect(() => {
    const active = tabs.current?.querySelector("[data-status=active]");
    active?.scrollIntoView?.({ block: "nearest", inline: "nearest" }); // on a phone not all fit
  }, [pathname]);
  if (error && !data) {
    if (error instanceof ApiError && error.status === 404) {
      return (
        <EmptyState
          page
          title="There is no such run"
          action={<Link {...paths.workspace(place)}>To the workspace</Link>}
        >
          It was deleted, or it is not yours to see.
        </EmptyState>
      );
    }
    return <ErrorState error={error} retry={refetch} />;
  }
  return (
    <div className={styles.page}>
      {data ? (
        <Header run={data} />
      ) : (
        <div className={styles.bones}>
          <Skeleton height={28} lines={2} />
        </div>
      )}
      <nav ref={tabs} className={styles.tabs} aria-label="Parts of the run">
        <Link {...paths.run(place)}>Overview</Link>
        <Link {...paths.runCharts(place)}>Charts</Link>
        <Link {...paths.runMedia(place)}>Media</Link>
        <Link {...paths.runSystem(place)}>System</Link>
        <Link {...paths.runLogs(place)}>Logs</Link>
        <Link {...paths.runFiles(place)}>Files</Link>
        <Link {...paths.runArtifacts(place)}>Artifacts</Link>
        <Link {...paths.runCode(place)}>Code</Link>
      </nav>
      <div className={styles.tab}>
        <Outlet />
      </div>
    </div>
  );
}

function Header({ run }: { run: Run }) {
  const awaited = run.state === "running" || run.state === "unreachable";
  const now = useNow(awaited ? 1000 : 30_000);
  const [baseline, setBaseline] = useBaseline(run);
  const host = valueAt(run.environment, "host");
  const git = gitOf(run);
  const end = run.finished_at ?? (run.state === "running" ? now * 1000 : run.heartbeat_at);
  return (
    <header className={styles.header}>
      <div className={styles.first}>
        <div className={styles.who}>
          <Swatch color={run.color} />
          <h1 className={styles.name}>{run.name}</h1>
          <StateDot state={run.state} words />
          {run.tags.map((tag) => (
            <Badge key={tag}>{tag}</Badge>
          ))}
          {baseline === run.id && <Badge tone="accent">Baseline</Badge>}
          <ReceiptLine run={run} />
        </div>
        <Actions run={run} baseline={baseline} onBaseline={setBaseline} />
      </div>
      <Standing run={run} now={now} />
      <dl className={styles.facts}>
        <Fact name="Id" value={<code>{run.id}</code>} />
        {run.user && <Fact name="User" value={run.user} />}
        <Fact
          name="Started"
          value={<span title={at(run.started_at)}>{ago(run.started_at, now)}</span>}
        />
        <Fact
          name="Duration"
          value={<span data-testid="duration">{duration(end - run.started_at)}</span>}
        />
        {typeof host === "string" && <Fact name="Host" value={host} />}
        {git.commit && (
          <Fact
            name="Git"
            value={
              <Link {...paths.runCode({ owner: run.owner, project: run.project, run: run.id })}>
                <code>{git.commit.slice(0, 7)}</code>
                {git.dirty && " with changes"}
              </Link>
            }
          />
        )}
        {run.group && <Fact name="Group" value={run.group} />}
        {run.job_type && <Fact name="Job" value={run.job_type} />}
        {run.exit_code !== null && <Fact name="Exit code" value={run.exit_code} />}
        {run.forked_from && <Fact name="Forked from" value={<Origin of={run.forked_from} />} />}
      </dl>
    </header>
  );
}

function Fact({ name, value }: { name: string; value: React.ReactNode }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  );
}

/** The run whose history this one begins with; it may be gone, and then its page says so. */
function Origin({ of }: { of: NonNullable<Run["forked_from"]> }) {
  return (
    <>
      <Link {...paths.run({ owner: of.owner, project: of.project, run: of.id })}>{of.name}</Link>
      {` at step ${count(of.step)}`}
    </>
  );
}
