/** The bin of a project: what was deleted, until when it can be taken back, and taking it back. */
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { ArrowLeft, RotateCcw, Trash2 } from "lucide-react";
import { useMemo, useState } from "react";
import { ApiError } from "../../api/client";
import { change } from "../../api/queries";
import { type BinnedRun, binQuery, many } from "../../api/runs-table";
import { Button } from "../../kit/Button";
import { Dialog } from "../../kit/Dialog";
import { ago, at, count, duration, plural } from "../../kit/format";
import { StateDot, Swatch } from "../../kit/marks";
import { EmptyState, ErrorState, Skeleton } from "../../kit/states";
import { Table, type TableColumn } from "../../kit/Table";
import { toast } from "../../kit/toast";
import { useNow } from "../../kit/useNow";
import { type ProjectPlace, paths } from "../../paths";
import styles from "./RunsTable.module.css";
import { useSelection } from "./useSelection";

const DAY_US = 86_400 * 1e6;
const TOLD = ["runs", "run-groups", "run-fields", "run-histograms", "run-bin", "project"];

const idOf = (run: BinnedRun) => run.id;
const nothing = () => undefined; // the bin has one order

function columnsOf(nowMs: number, days: number): TableColumn<BinnedRun>[] {
  const left = (run: BinnedRun) => run.deleted_at + days * DAY_US - nowMs * 1000;
  return [
    {
      id: "name",
      label: "Name",
      width: 300,
      sortable: false,
      cell: (run) => (
        <>
          <Swatch color={run.color} hollow />
          <span className={styles.name} title={run.name}>
            {run.name}
          </span>
        </>
      ),
    },
    {
      id: "state",
      label: "State",
      width: 120,
      sortable: false,
      cell: (run) => <StateDot state={run.state} words />,
    },
    {
      id: "deleted_at",
      label: "Deleted",
      width: 140,
      sortable: false,
      cell: (run) => <span title={at(run.deleted_at)}>{ago(run.deleted_at, nowMs)}</span>,
    },
    {
      id: "left",
      label: "Removed for good in",
      width: 170,
      sortable: false,
      cell: (run) => (left(run) > 0 ? duration(left(run)) : "the next minutes"),
    },
    {
      id: "user",
      label: "User",
      width: 120,
      sortable: false,
      cell: (run) => run.user ?? "–",
    },
    {
      id: "created_at",
      label: "Created",
      width: 140,
      sortable: false,
      cell: (run) => <span title={at(run.created_at)}>{ago(run.created_at, nowMs)}</span>,
    },
  ];
}

export function Bin() {
  const { owner = "", project = "" } = useParams({ strict: false });
  const place = { owner, project };
  const { data, error, refetch } = useQuery(binQuery(place));
  const now = useNow(30_000);
  const days = data?.days ?? 0;
  const columns = useMemo(() => columnsOf(now, days), [now, days]);
  const selection = useSelection();
  const items = data?.items ?? [];
  const ids = items.filter(({ id }) => selection.ids.has(id)).map(idOf);
  return (
    <div className={styles.page}>
      <header className={styles.bar}>
        <Link {...paths.table(place)} className={styles.bin} aria-label="Back to the runs">
          <ArrowLeft size={16} aria-hidden />
        </Link>
        <h1>Bin</h1>
        {data && (
          <span className={styles.total} data-testid="total">
            {count(data.total)}
          </span>
        )}
        {data && data.total > items.length && (
          <span className={styles.dim}>the last {count(items.length)} are shown</span>
        )}
        <div className={styles.tools}>
          {items.length > 0 && (
            <Actions place={place} ids={ids} all={items.map(idOf)} onDone={selection.clear} />
          )}
        </div>
      </header>
      {error && !data && <ErrorState error={error} retry={refetch} />}
      {!error && !data && (
        <div className={styles.bones}>
          <Skeleton height={24} lines={8} />
        </div>
      )}
      {data && items.length === 0 && (
        <EmptyState icon={<Trash2 size={20} aria-hidden />} title="The bin is empty">
          {days > 0
            ? `Deleted runs lie here for ${plural(days, "day")}, and can be taken back.`
            : "Runs of this server are removed as soon as they are deleted."}
        </EmptyState>
      )}
      {items.length > 0 && (
        <Table
          label="Deleted runs"
          columns={columns}
          rows={items}
          rowKey={idOf}
          total={items.length}
          sort={null}
          onSort={nothing}
          grid={{ selected: selection.ids, onSelect: selection.select, onOpen: nothing }}
        />
      )}
    </div>
  );
}

interface ActionsProps {
  place: ProjectPlace;
  ids: string[];
  all: string[];
  onDone: () => void;
}

/** What can be done with those that are selected, or with all that are shown. */
function Actions({ place, ids, all, onDone }: ActionsProps) {
  const client = useQueryClient();
  const [asking, ask] = useState(false);
  const attempt = async (act: () => Promise<string>) => {
    try {
      toast(await act());
      onDone();
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      toast(error.message);
    }
    for (const name of TOLD) {
      void client.invalidateQueries({ queryKey: [name, place.owner, place.project] });
    }
  };
  const restore = (runs: string[]) =>
    attempt(async () => {
      const { restored } = await many.restore(place, runs);
      return `Took ${plural(restored, "run")} back`;
    });
  const remove = () =>
    attempt(async () => {
      for (const id of ids) await change.deleteRun(place.owner, place.project, id);
      return `Removed ${plural(ids.length, "run")} for good`;
    });
  return (
    <>
      {ids.length > 0 && (
        <Button variant="danger" icon={<Trash2 size={15} aria-hidden />} onClick={() => ask(true)}>
          Remove {plural(ids.length, "run")} for good
        </Button>
      )}
      <Button
        variant="primary"
        icon={<RotateCcw size={15} aria-hidden />}
        onClick={() => void restore(ids.length > 0 ? ids : all)}
      >
        {ids.length > 0 ? `Restore ${plural(ids.length, "run")}` : "Restore all"}
      </Button>
      {asking && (
        <Dialog label={`Remove ${plural(ids.length, "run")} for good?`} onClose={() => ask(false)}>
          <div className={styles.sure}>
            <p>Their points, files and console go with them. This cannot be undone.</p>
            <Button
              variant="danger"
              onClick={() => {
                ask(false);
                void remove();
              }}
            >
              Remove for good
            </Button>
          </div>
        </Dialog>
      )}
    </>
  );
}
