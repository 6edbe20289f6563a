/**
 * What the scripts of a run printed: a million lines, of which only those on the screen exist.
 *
 * All lines can be reached at once by their numbers. A search lists what it finds; a click on
 * one of these lines shows it among its neighbours.
 */
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { ArrowDownToLine, Download, ScrollText, Search, WrapText } from "lucide-react";
import { useCallback, useDeferredValue, useMemo, useRef, useState } from "react";
import { consoleSizeQuery, type Stream } from "../../api/console";
import { runQuery } from "../../api/queries";
import { Chip } from "../../kit/Chip";
import { Field } from "../../kit/Field";
import { count } from "../../kit/format";
import { Select } from "../../kit/Select";
import { useShortcuts } from "../../kit/shortcuts";
import { EmptyState, ErrorState, Skeleton } from "../../kit/states";
import { useStored } from "../../kit/useStored";
import type { RunPlace } from "../../paths";
import { Whole } from "./LogSheet";
import styles from "./Logs.module.css";
import { Found } from "./LogsFound";
import { LINE } from "./wrapping";

const STREAMS = [
  { stream: null, label: "All" },
  { stream: "stdout", label: "stdout" },
  { stream: "stderr", label: "stderr" },
] as const;

/** The line that a link names, from 0; people count from 1. */
function useTarget(): [number | null, (line: number | null) => void] {
  const search: { line?: string } = useSearch({ strict: false });
  const navigate = useNavigate();
  const named = Number(search.line);
  const point = useCallback(
    (line: number | null) =>
      void navigate({
        to: ".",
        search: (before) => ({ ...before, line: line === null ? undefined : String(line + 1) }),
        replace: true,
      }),
    [navigate],
  );
  return [Number.isInteger(named) && named > 0 ? named - 1 : null, point];
}

export function Logs() {
  const { owner = "", project = "", run = "" } = useParams({ strict: false });
  const place = useMemo(() => ({ owner, project, run }), [owner, project, run]);
  const { data: told } = useQuery(runQuery(owner, project, run));
  const live = told?.state === "running";
  const size = useQuery(consoleSizeQuery(place, live));
  const [text, setText] = useState("");
  const q = useDeferredValue(text);
  const [regex, setRegex] = useState(false);
  const [caseful, setCaseful] = useState(false);
  const [times, setTimes] = useState(false);
  const [stream, setStream] = useState<Stream | null>(null);
  const [writer, setWriter] = useState("");
  const [wrap, setWrap] = useStored("wanllmdb.logs.wrap", false);
  const [target, point] = useTarget();
  const [follow, setFollow] = useState(target === null);
  const search = useRef<HTMLInputElement>(null);
  useShortcuts({ "/": () => search.current?.focus(), f: () => setFollow(true) });

  const open = useCallback(
    (line: number) => {
      setText("");
      setStream(null);
      setWriter("");
      setFollow(false);
      point(line);
    },
    [point],
  );
  if (size.error && !size.data) return <ErrorState error={size.error} retry={size.refetch} />;
  if (!size.data) return <Skeleton height={LINE} lines={12} />;
  const { total, streams, writers } = size.data;
  if (total === 0) return <Nothing live={live} />;
  const filtered = q !== "" || stream !== null || writer !== "";
  return (
    <div className={styles.logs}>
      <div className={styles.bar} role="toolbar" aria-label="Lines">
        <Field
          ref={search}
          label="Search lines"
          placeholder="Search lines"
          className={styles.search}
          icon={<Search size={15} aria-hidden />}
          value={text}
          onChange={(event) => setText(event.target.value)}
        />
        <Chip pressed={caseful} onClick={() => setCaseful(!caseful)} title="Match case">
          Aa
        </Chip>
        <Chip pressed={regex} onClick={() => setRegex(!regex)} title="Regular expression">
          .*
        </Chip>
        <span className={styles.group}>
          {STREAMS.map((one) => (
            <Chip
              key={one.label}
              pressed={stream === one.stream}
              onClick={() => setStream(one.stream)}
            >
              {one.label}
              {one.stream && <span className={styles.count}>{count(streams[one.stream])}</span>}
            </Chip>
          ))}
        </span>
        {writers.length > 1 && (
          <Select
            label="Process"
            hidden
            value={writer}
            options={[
              { value: "", label: `All ${count(writers.length)} processes` },
              ...writers.map((one) => ({ value: one.writer, label: one.label || one.writer })),
            ]}
            onChange={setWriter}
          />
        )}
        <Chip
          pressed={wrap}
          className={styles.iconed}
          title="Long lines go on below"
          onClick={() => setWrap(!wrap)}
        >
          <WrapText size={14} aria-hidden />
          Wrap
        </Chip>
        <Chip pressed={times} onClick={() => setTimes(!times)}>
          Times
        </Chip>
        {live && (
          <Chip
            pressed={follow && !filtered}
            className={styles.iconed}
            onClick={() => setFollow(!follow)}
          >
            <ArrowDownToLine size={14} aria-hidden />
            Follow
          </Chip>
        )}
        <a className={styles.download} href={textUrl(place, stream)} download>
          <Download size={14} aria-hidden />
          Download
        </a>
      </div>
      {filtered ? (
        <Found
          place={place}
          wanted={{ q, regex, case: caseful, stream, writer }}
          times={times}
          wrap={wrap}
          onOpen={open}
        />
      ) : (
        <Whole
          place={place}
          total={total}
          live={live}
          times={times}
          follow={live && follow}
          onFollow={setFollow}
          target={target !== null && target < total ? target : null}
          wrap={wrap}
          onPoint={point}
        />
      )}
    </div>
  );
}

function textUrl({ owner, project, run }: RunPlace, stream: Stream | null): string {
  const place = [owner, project, "runs", run].map(encodeURIComponent).join("/");
  return `/api/v1/projects/${place}/console.txt${stream ? `?stream=${stream}` : ""}`;
}

function Nothing({ live }: { live: boolean }) {
  return (
    <EmptyState icon={<ScrollText size={20} aria-hidden />} title="Nothing was printed">
      {live
        ? "Lines appear here as the script prints them."
        : "The script printed nothing, or was begun with console=off."}
    </EmptyState>
  );
}
