/** The files of a run: what was saved, captured and logged; one of them can be looked at. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { useVirtualizer } from "@tanstack/react-virtual";
import { Download, File as FileIcon, Files as FilesIcon, Search } from "lucide-react";
import { useEffect, useMemo, useRef, useState } from "react";
import { filesQuery, fileUrl, type RunFile, textQuery } from "../../api/files";
import { runQuery } from "../../api/queries";
import { CopyButton } from "../../kit/Copyable";
import { classes } from "../../kit/classes";
import { Field } from "../../kit/Field";
import { at, bytes, plural } from "../../kit/format";
import { EmptyState, ErrorState, Skeleton } from "../../kit/states";
import { DiffText } from "./DiffText";
import styles from "./Files.module.css";

const ROW = 32; // pixels
const MOST_PICTURE = 32 * 1024 * 1024;
const PICTURES = /^image\/(png|jpeg|gif|webp)$/;

interface RunPlace {
  owner: string;
  project: string;
  run: string;
}

export function Files() {
  const { owner = "", project = "", run = "" } = useParams({ strict: false });
  const place = useMemo(() => ({ owner, project, run }), [owner, project, run]);
  const { data: told } = useQuery(runQuery(owner, project, run));
  const asked = useInfiniteQuery(filesQuery(place, told?.state === "running"));
  const [find, setFind] = useState("");
  const search: { file?: string } = useSearch({ strict: false });
  const navigate = useNavigate();
  const { hasNextPage, fetchNextPage, isFetchingNextPage } = asked;
  useEffect(() => {
    if (hasNextPage && !isFetchingNextPage) void fetchNextPage();
  }, [hasNextPage, fetchNextPage, isFetchingNextPage]);
  const files = useMemo(() => asked.data?.pages.flatMap((page) => page.items) ?? [], [asked.data]);
  const low = find.toLowerCase();
  const found = useMemo(
    () => (low ? files.filter((file) => file.path.toLowerCase().includes(low)) : files),
    [files, low],
  );
  if (asked.error && !asked.data) return <ErrorState error={asked.error} retry={asked.refetch} />;
  if (!asked.data) return <Skeleton height={ROW} lines={6} />;
  if (files.length === 0) {
    return (
      <EmptyState icon={<FilesIcon size={20} aria-hidden />} title="This run has no files">
        <code>run.save("model.pt")</code> keeps one.
      </EmptyState>
    );
  }
  const chosen = files.find((file) => file.path === search.file);
  const choose = (file: RunFile) =>
    navigate({ to: ".", search: { ...search, file: file.path }, replace: true });
  return (
    <div className={styles.files}>
      <div className={styles.side}>
        <Field
          label="Find files"
          placeholder={`Find in ${plural(files.length, "file")}`}
          icon={<Search size={15} aria-hidden />}
          value={find}
          onChange={(event) => setFind(event.target.value)}
        />
        <List files={found} chosen={chosen?.path} onChoose={choose} />
      </div>
      {chosen ? (
        <Preview key={chosen.path + chosen.digest} place={place} file={chosen} />
      ) : (
        <EmptyState icon={<FileIcon size={20} aria-hidden />} title="Choose a file">
          Pictures and text are shown here; everything can be downloaded.
        </EmptyState>
      )}
    </div>
  );
}

interface ListProps {
  files: readonly RunFile[];
  chosen: string | undefined;
  onChoose: (file: RunFile) => void;
}

function List({ files, chosen, onChoose }: ListProps) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: files.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW,
    overscan: 10,
  });
  if (files.length === 0) return <p className={styles.none}>No file has such a name.</p>;
  return (
    <div ref={scroller} className={styles.list}>
      <ul style={{ height: virtual.getTotalSize() }} aria-label="Files" data-testid="files">
        {virtual.getVirtualItems().map(({ index, start }) => {
          const file = files[index] as RunFile;
          const cut = file.path.lastIndexOf("/") + 1;
          return (
            <li key={file.path} style={{ transform: `translateY(${start}px)` }}>
              <button
                type="button"
                className={classes(styles.file, file.path === chosen && styles.chosen)}
                aria-pressed={file.path === chosen}
                title={file.path}
                onClick={() => onChoose(file)}
              >
                <span className={styles.name}>
                  <span className={styles.folder}>{file.path.slice(0, cut)}</span>
                  {file.path.slice(cut)}
                </span>
                <span className={styles.size}>{bytes(file.size)}</span>
              </button>
            </li>
          );
        })}
      </ul>
    </div>
  );
}

function Preview({ place, file }: { place: RunPlace; file: RunFile }) {
  const url = fileUrl(place, file.path);
  return (
    <section className={styles.preview} aria-label={file.path} data-testid="file-preview">
      <header className={styles.header}>
        <h2>{file.path}</h2>
        <CopyButton text={file.digest} label="Copy digest" />
        <a className={styles.download} href={url} download={file.path.split("/").at(-1)}>
          <Download size={14} aria-hidden />
          Download
        </a>
      </header>
      <p className={styles.facts}>
        {bytes(file.size)} · {file.mime} · {at(file.created_at)}
      </p>
      {PICTURES.test(file.mime) && file.size <= MOST_PICTURE ? (
        <div className={styles.picture}>
          <img src={url} alt={file.path} />
        </div>
      ) : (
        <TextOf place={place} file={file} />
      )}
    </section>
  );
}

function TextOf({ place, file }: { place: RunPlace; file: RunFile }) {
  const { data, error, refetch } = useQuery(textQuery(place, file));
  if (error) return <ErrorState error={error} retry={refetch} />;
  if (data === undefined) return <Skeleton height={16} lines={8} />;
  if (data === null)
    return <p className={styles.none}>It is no text; download it to look at it.</p>;
  return (
    <>
      {data.cut && <p className={styles.none}>The beginning of it; the whole is longer.</p>}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: scrolled by keyboard */}
      <pre className={styles.text} tabIndex={0}>
        {/\.(patch|diff)$/.test(file.path) ? <DiffText text={data.text} /> : data.text}
      </pre>
    </>
  );
}
