/** One run: who it is and how it stands; below, the tab that was chosen. */
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, Outlet, useNavigate, useParams } from "@tanstack/react-router";
import { MoreHorizontal, OctagonX, Trash2 } from "lucide-react";
import { useState } from "react";
import { ApiError } from "../../api/client";
import { change, runQuery } from "../../api/queries";
import type { Run } from "../../api/types";
import { Button } from "../../kit/Button";
import { Badge } from "../../kit/Chip";
import { Dialog } from "../../kit/Dialog";
import { ago, at, count, duration } from "../../kit/format";
import { Menu, MenuItem } from "../../kit/Menu";
import { StateDot, Swatch } from "../../kit/marks";
import { EmptyState, ErrorState, Skeleton } from "../../kit/states";
import { toast } from "../../kit/toast";
import { useNow } from "../../kit/useNow";
import { paths } from "../../paths";
import { ReceiptLine } from "./Receipt";
import styles from "./RunPage.module.css";
import { Standing } from "./Standing";

export function RunPage() {
  const { owner = "", project = "", run = "" } = useParams({ strict: false });
  const place = { owner, project, run };
  const { data, error, refetch } = useQuery(runQuery(owner, project, run));
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
      <nav className={styles.tabs} aria-label="Parts of the run">
        <Link {...paths.run(place)}>Overview</Link>
        <Link {...paths.runCharts(place)}>Charts</Link>
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
          <ReceiptLine run={run} />
        </div>
        <Actions run={run} />
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

function Actions({ run }: { run: Run }) {
  const client = useQueryClient();
  const navigate = useNavigate();
  const [deleting, askDelete] = useState(false);
  const { owner, project, id } = run;
  const stop = useMutation<Run, ApiError>({
    mutationFn: () => change.run(owner, project, id, { stop_requested: true }),
    onSuccess: (next) => client.setQueryData(["run", owner, project, id], next),
    onError: (error) => toast(error.message),
  });
  const remove = useMutation<unknown, ApiError>({
    mutationFn: () => change.deleteRun(owner, project, id),
    onSuccess: async () => {
      await navigate(paths.table({ owner, project }));
      void client.invalidateQueries({ queryKey: ["runs", owner, project] });
      toast(`Deleted ${run.name}`);
    },
    onError: (error) => toast(error.message),
  });
  return (
    <>
      {(run.state === "running" || run.state === "unreachable") && (
        <Button
          icon={<OctagonX size={15} aria-hidden />}
          disabled={run.stop_requested || stop.isPending}
          onClick={() => stop.mutate()}
        >
          {run.stop_requested ? "Stopping…" : "Stop"}
        </Button>
      )}
      <Menu
        align="end"
        trigger={
          <button type="button" className={styles.more} aria-label="More">
            <MoreHorizontal size={16} aria-hidden />
          </button>
        }
      >
        <MenuItem danger icon={<Trash2 size={15} aria-hidden />} onSelect={() => askDelete(true)}>
          Delete run
        </MenuItem>
      </Menu>
      {deleting && (
        <Dialog label={`Delete ${run.name}?`} onClose={() => askDelete(false)}>
          <div className={styles.ask}>
            <p>The run, its points and its files go for good.</p>
            <div className={styles.answers}>
              <Button onClick={() => askDelete(false)}>Keep it</Button>
              <Button variant="danger" disabled={remove.isPending} onClick={() => remove.mutate()}>
                Delete
              </Button>
            </div>
          </div>
        </Dialog>
      )}
    </>
  );
}
