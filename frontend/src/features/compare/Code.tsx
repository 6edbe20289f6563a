/** Which code each run ran: commit, branch, what was not committed, and where it differs from the baseline. */
import { Link } from "@tanstack/react-router";
import { ExternalLink } from "lucide-react";
import { useMemo } from "react";
import { valueAt } from "../../api/json-map";
import type { Run } from "../../api/types";
import { Badge } from "../../kit/Chip";
import { CopyButton } from "../../kit/Copyable";
import { plain } from "../../kit/format";
import { Swatch } from "../../kit/marks";
import { Table, type TableColumn } from "../../kit/Table";
import { paths } from "../../paths";
import styles from "./Compare.module.css";
import { compareUrl, gitOf } from "./code";
import { refOf } from "./refs";

const nothing = () => {};

export function Code({ runs, base }: { runs: readonly Run[]; base: Run }) {
  const columns = useMemo(() => columnsOf(base), [base]);
  return (
    <Table
      label="Code of the runs"
      columns={columns}
      rows={runs}
      rowKey={refOf}
      total={runs.length}
      sort={null}
      onSort={nothing}
      onEnd={nothing}
    />
  );
}

function columnsOf(base: Run): TableColumn<Run>[] {
  const said = (name: string) => (run: Run) => {
    const value = valueAt(run.environment, name);
    const text = Array.isArray(value) ? value.map(plain).join(" ") : plain(value);
    return (
      <span className={value === undefined ? styles.dim : styles.code} title={text}>
        {text}
      </span>
    );
  };
  const columns: TableColumn<Run>[] = [
    {
      id: "name",
      label: "Run",
      width: 240,
      cell: (run) => (
        <>
          <Swatch color={run.color} />
          <Link
            {...paths.run({ owner: run.owner, project: run.project, run: run.id })}
            className={styles.runName}
          >
            {run.name}
          </Link>
          {run === base && <Badge tone="accent">baseline</Badge>}
        </>
      ),
    },
    { id: "commit", label: "Commit", width: 230, cell: (run) => <Commit run={run} base={base} /> },
    { id: "branch", label: "Branch", width: 150, cell: (run) => gitOf(run).branch ?? "–" },
    { id: "changes", label: "Not committed", width: 190, cell: (run) => <Changes run={run} /> },
    { id: "program", label: "Program", width: 260, cell: said("program") },
    { id: "args", label: "Arguments", width: 260, cell: said("args") },
    { id: "python", label: "Python", width: 110, cell: said("python") },
  ];
  return columns.map((column) => ({ ...column, sortable: false }));
}

function Commit({ run, base }: { run: Run; base: Run }) {
  const git = gitOf(run);
  const there = gitOf(base);
  if (!git.commit) return <span className={styles.dim}>not known</span>;
  const url = compareUrl(there, git);
  return (
    <>
      <code title={git.commit}>{git.commit.slice(0, 10)}</code>
      <CopyButton text={git.commit} label="Copy the commit" />
      {git.commit !== there.commit && <Badge tone="warn">differs</Badge>}
      {url && (
        <a
          href={url}
          target="_blank"
          rel="noreferrer noopener"
          aria-label={`What changed since the baseline's commit, in ${run.name}`}
        >
          <ExternalLink size={14} aria-hidden />
        </a>
      )}
    </>
  );
}

function Changes({ run }: { run: Run }) {
  const { commit, dirty } = gitOf(run);
  if (!commit) return <span className={styles.dim}>–</span>;
  if (!dirty) return <span>none</span>;
  return (
    <Link {...paths.runFiles({ owner: run.owner, project: run.project, run: run.id })}>
      Patch among the files
    </Link>
  );
}
