/** What a run made and what it took: versions of artifacts, their files, and the runs they tie it to. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Link, useParams } from "@tanstack/react-router";
import { Package } from "lucide-react";
import { useMemo, useState } from "react";
import {
  artifactsQuery,
  contentsQuery,
  lineageQuery,
  type Version,
  versionFileUrl,
  type Way,
} from "../../api/artifacts";
import { runQuery } from "../../api/queries";
import { Button } from "../../kit/Button";
import { Badge } from "../../kit/Chip";
import { CopyButton } from "../../kit/Copyable";
import { at, bytes, count, plural } from "../../kit/format";
import { EmptyState, ErrorState, Skeleton } from "../../kit/states";
import { paths, type RunPlace } from "../../paths";
import styles from "./Artifacts.module.css";
import card from "./RunPage.module.css";

export function Artifacts() {
  const { owner = "", project = "", run = "" } = useParams({ strict: false });
  const place = useMemo(() => ({ owner, project, run }), [owner, project, run]);
  const live = useQuery(runQuery(owner, project, run)).data?.state === "running";
  const logged = useVersions(place, "logged", live);
  const used = useVersions(place, "used", live);
  const none = [logged, used].every(({ data }) => data?.pages[0]?.items.length === 0);
  if (none) {
    return (
      <EmptyState icon={<Package size={20} aria-hidden />} title="No artifacts">
        <code>run.log_artifact(…)</code> keeps what a run made, <code>run.use_artifact(…)</code>{" "}
        says what it took.
      </EmptyState>
    );
  }
  return (
    <div className={styles.artifacts}>
      <Versions way="used" asked={used} place={place} />
      <Versions way="logged" asked={logged} place={place} />
    </div>
  );
}

const TITLES: Record<Way, string> = { used: "Used", logged: "Produced" };

interface VersionsProps {
  way: Way;
  asked: ReturnType<typeof useVersions>;
  place: RunPlace;
}

const useVersions = (place: RunPlace, way: Way, live: boolean) =>
  useInfiniteQuery(artifactsQuery(place, way, live));

function Versions({ way, asked, place }: VersionsProps) {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = asked;
  const items = data?.pages.flatMap((page) => page.items) ?? [];
  return (
    <section className={card.card} aria-labelledby={`artifacts-${way}`} data-testid={`${way}`}>
      <header className={card.cardHeader}>
        <h2 id={`artifacts-${way}`}>{TITLES[way]}</h2>
        {data && <span className={card.count}>{count(items.length)}</span>}
      </header>
      {error && !data && <ErrorState error={error} retry={refetch} />}
      {!error && !data && <Skeleton height={40} lines={2} />}
      {data && items.length === 0 && <p className={card.none}>None.</p>}
      <ul className={styles.list}>
        {items.map((version) => (
          <Item key={version.id} version={version} way={way} run={place.run} />
        ))}
      </ul>
      {hasNextPage && (
        <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          More
        </Button>
      )}
    </section>
  );
}

function Item({ version, way, run }: { version: Version; way: Way; run: string }) {
  const [open, setOpen] = useState(false);
  const { artifact, version: name, type, size, files, aliases } = version;
  return (
    <li>
      <details onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>
          <span className={styles.name}>
            {artifact}
            <span>:{name ?? "on its way"}</span>
          </span>
          <Badge>{type}</Badge>
          {aliases.map((alias) => (
            <Badge key={alias} tone="accent">
              {alias}
            </Badge>
          ))}
          {version.state === "deleted" && <Badge tone="bad">deleted</Badge>}
          <span className={styles.size} title={at(version.created_at)}>
            {plural(files, "file")}, {bytes(size)}
          </span>
        </summary>
        {open && <Inside version={version} way={way} run={run} />}
      </details>
    </li>
  );
}

function Inside({ version, way, run }: { version: Version; way: Way; run: string }) {
  const there = version.state === "committed";
  const contents = useQuery({ ...contentsQuery(version), enabled: there });
  const { data: lineage } = useQuery({ ...lineageQuery(version), enabled: there });
  const ref = `${version.owner}/${version.project}/${version.artifact}:${version.version}`;
  const parties = way === "used" ? [lineage?.logged_by] : (lineage?.used_by ?? []);
  const others = parties.filter((one) => one != null && one.id !== run);
  return (
    <div className={styles.inside}>
      {version.description && <p>{version.description}</p>}
      <p className={styles.ref}>
        <code>{ref}</code>
        <CopyButton text={ref} label="Copy its name" />
      </p>
      {others.length > 0 && (
        <p>
          {way === "used" ? "Made by " : "Used by "}
          {others.map(
            (one, index) =>
              one && (
                <span key={one.id}>
                  {index > 0 && ", "}
                  <Link {...paths.run({ owner: one.owner, project: one.project, run: one.id })}>
                    {one.name}
                  </Link>
                </span>
              ),
          )}
        </p>
      )}
      {contents.error && <ErrorState error={contents.error} retry={contents.refetch} />}
      {there && contents.isPending && <Skeleton height={20} lines={3} />}
      <ul className={styles.files}>
        {contents.data?.items.map((file) => (
          <li key={file.path}>
            {file.reference ? (
              <span>{file.path}</span>
            ) : (
              <a href={versionFileUrl(version, file.path)} download={file.path.split("/").at(-1)}>
                {file.path}
              </a>
            )}
            <span className={styles.size}>
              {file.reference ? file.reference : bytes(file.size ?? 0)}
            </span>
          </li>
        ))}
      </ul>
      {contents.data?.next && (
        <p className={card.none}>
          The first {count(contents.data.items.length)} of {plural(version.files, "file")}.
        </p>
      )}
    </div>
  );
}
