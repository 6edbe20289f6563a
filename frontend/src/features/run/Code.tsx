/** The code that a run ran: where it comes from, how it was started, what was not committed. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { ExternalLink, FileDiff, GitBranch } from "lucide-react";
import { useEffect, useMemo } from "react";
import { filesQuery, fileUrl, type RunFile, textQuery } from "../../api/files";
import { commitUrl, gitOf } from "../../api/git";
import { runQuery } from "../../api/queries";
import type { Run } from "../../api/types";
import { CodeBlock, CopyButton } from "../../kit/Copyable";
import { bytes } from "../../kit/format";
import { EmptyState, ErrorState, Skeleton } from "../../kit/states";
import { paths, type RunPlace } from "../../paths";
import styles from "./Code.module.css";
import { startedWith } from "./command";
import { DiffText } from "./DiffText";
import files from "./Files.module.css";
import card from "./RunPage.module.css";

const PATCH = /^(diff|upstream_diff_.*)\.patch$/;
const SOURCE = /^code\//;

export function Code() {
  const { owner = "", project = "", run = "" } = useParams({ strict: false });
  const place = useMemo(() => ({ owner, project, run }), [owner, project, run]);
  const { data } = useQuery(runQuery(owner, project, run));
  const asked = useInfiniteQuery(filesQuery(place, data?.state === "running"));
  const { hasNextPage, fetchNextPage, isFetchingNextPage } = asked;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, fetchNextPage, isFetchingNextPage]);
  const all = useMemo(() => asked.data?.pages.flatMap((page) => page.items) ?? [], [asked.data]);
  if (!data) return null; // the page around it says why
  if (asked.error && !asked.data) return <ErrorState error={asked.error} retry={asked.refetch} />;
  const patches = all.filter(({ path }) => PATCH.test(path));
  const sources = all.filter(({ path }) => SOURCE.test(path));
  const command = startedWith(data);
  const git = gitOf(data);
  if (asked.data && !git.commit && !command && all.length === patches.length + sources.length) {
    if (all.length === 0) return <Unknown />;
  }
  return (
    <div className={styles.code}>
      {git.commit && <Git run={data} />}
      {command && (
        <section className={card.card} aria-labelledby="card-command">
          <header className={card.cardHeader}>
            <h2 id="card-command">Started with</h2>
          </header>
          <CodeBlock label="command" code={command} />
        </section>
      )}
      {asked.isPending && <Skeleton height={120} />}
      {patches.map((file) => (
        <Patch key={file.path} place={place} file={file} />
      ))}
      {asked.data && git.dirty && patches.length === 0 && (
        <p className={card.none}>
          There were changes that are not committed; what they were was not kept.
        </p>
      )}
      {sources.length > 0 && <Sources place={place} sources={sources} />}
    </div>
  );
}

function Unknown() {
  return (
    <EmptyState icon={<GitBranch size={20} aria-hidden />} title="Nothing is known of its code">
      In a git repository the commit and what is not committed are kept; <code>save_code=True</code>{" "}
      keeps the script.
    </EmptyState>
  );
}

function Git({ run }: { run: Run }) {
  const git = gitOf(run);
  const url = commitUrl(git);
  return (
    <section className={card.card} aria-labelledby="card-git" data-testid="git">
      <header className={card.cardHeader}>
        <h2 id="card-git">Git</h2>
      </header>
      <dl className={card.map}>
        <div>
          <dt>Commit</dt>
          <dd className={styles.commit}>
            {url ? (
              <a href={url} target="_blank" rel="noreferrer noopener">
                {git.commit} <ExternalLink size={12} aria-hidden />
              </a>
            ) : (
              git.commit
            )}
            <CopyButton text={git.commit ?? ""} label="Copy the commit" />
          </dd>
        </div>
        {git.branch && (
          <div>
            <dt>Branch</dt>
            <dd>{git.branch}</dd>
          </div>
        )}
        {git.remote && (
          <div>
            <dt>Remote</dt>
            <dd>{git.remote}</dd>
          </div>
        )}
        <div>
          <dt>Not committed</dt>
          <dd>{git.dirty ? "there were changes" : "nothing"}</dd>
        </div>
      </dl>
    </section>
  );
}

/** A patch as it applies; the beginning of one that is very long. */
function Patch({ place, file }: { place: RunPlace; file: RunFile }) {
  const { data, error, refetch } = useQuery(textQuery(place, file));
  const title = file.path === "diff.patch" ? "Not committed" : "Not pushed";
  return (
    <section className={card.card} aria-label={title} data-testid="patch">
      <header className={card.cardHeader}>
        <FileDiff size={15} aria-hidden />
        <h2>{title}</h2>
        <span className={card.count}>{bytes(file.size)}</span>
        <span className={card.space} />
        {data && <CopyButton text={data.text} label="Copy the patch" />}
        <a
          className={files.download}
          href={fileUrl(place, file.path)}
          download={file.path}
          aria-label={`Download ${file.path}`}
        >
          Download
        </a>
      </header>
      {error && <ErrorState error={error} retry={refetch} />}
      {!error && data === undefined && <Skeleton height={16} lines={8} />}
      {data?.cut && <p className={card.none}>The beginning of it; the whole is longer.</p>}
      {data && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: scrolled by keyboard
        <pre className={styles.patch} tabIndex={0}>
          <DiffText text={data.text} />
        </pre>
      )}
    </section>
  );
}

function Sources({ place, sources }: { place: RunPlace; sources: readonly RunFile[] }) {
  return (
    <section className={card.card} aria-labelledby="card-sources">
      <header className={card.cardHeader}>
        <h2 id="card-sources">Kept code</h2>
        <span className={card.count}>{sources.length}</span>
      </header>
      <ul className={styles.sources}>
        {sources.map(({ path, size }) => (
          <li key={path}>
            <Link {...paths.runFiles(place)} search={{ file: path }}>
              {path.replace(SOURCE, "")}
            </Link>
            <span className={card.count}>{bytes(size)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
