/** What a run logged besides numbers: a panel for each key, in the sections of the charts. */
import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { Images, Link2, Search, X } from "lucide-react";
import { useCallback, useDeferredValue, useEffect, useMemo, useRef, useState } from "react";
import type { RunPlace } from "../../api/file-place";
import { runKeysQuery } from "../../api/objects";
import { runQuery } from "../../api/queries";
import type { Run } from "../../api/types";
import { Button, IconButton } from "../../kit/Button";
import { Chip } from "../../kit/Chip";
import { CodeBlock } from "../../kit/Copyable";
import { Field } from "../../kit/Field";
import { count } from "../../kit/format";
import { Sections } from "../../kit/Sections";
import { sectionOf } from "../../kit/sections";
import { useShortcuts } from "../../kit/shortcuts";
import { EmptyState, ErrorState, Skeleton } from "../../kit/states";
import { useStored } from "../../kit/useStored";
import { MediaProvider, type Shared } from "./context";
import { FullPanel } from "./FullPanel";
import styles from "./Media.module.css";
import { MediaPanel } from "./MediaPanel";
import { type PanelEntry, panelsOf } from "./panels";

export function Media() {
  const { owner = "", project = "", run = "" } = useParams({ strict: false });
  const place = useMemo(() => ({ owner, project, run }), [owner, project, run]);
  const { data: found } = useQuery(runQuery(owner, project, run));
  const live = found?.state === "running" || found?.state === "unreachable";
  const { data: keys, error, refetch } = useQuery(runKeysQuery(place, live));
  const config = found?.config;
  const panels = useStable(
    useMemo(() => (keys && config ? panelsOf(keys, config) : null), [keys, config]),
  );
  if (error && !keys) return <ErrorState error={error} retry={refetch} />;
  if (!found || !panels) {
    return (
      <div className={styles.bones}>
        <Skeleton height={320} lines={2} />
      </div>
    );
  }
  if (panels.size === 0) return <NoMedia live={live} />;
  return <Gallery place={place} run={found} live={live} panels={panels} />;
}

const SNIPPET = `run.log({"sample": wandb.Image(pixels, caption="epoch 3")})
run.log({"predictions": wandb.Table(columns=["id", "guess"], data=rows)})`;

function NoMedia({ live }: { live: boolean }) {
  return (
    <EmptyState
      icon={<Images size={20} aria-hidden />}
      title="No media was logged"
      action={
        <div className={styles.snippet}>
          <CodeBlock code={SNIPPET} label="example" />
        </div>
      }
    >
      Images, tables, histograms, audio, video, HTML and figures appear here
      {live ? " as soon as the run logs one." : " where a run logs them."}
    </EmptyState>
  );
}

const sectionFor = (key: string): string => (key.indexOf("/") > 0 ? sectionOf(key) : "media");

interface GalleryProps {
  place: RunPlace;
  run: Run;
  live: boolean;
  panels: Map<string, PanelEntry>;
}

function Gallery({ place, run, live, panels }: GalleryProps) {
  const [asked, ask] = useAsked();
  const [synced, sync] = useStored("wanllmdb.media.synced", true);
  const [step, choose] = useStepOfAddress(asked.step, ask);
  const findRef = useRef<HTMLInputElement>(null);
  const find = useDeferredValue(asked.find ?? "");
  const keys = useMemo(() => [...panels.keys()], [panels]);
  const expand = useCallback(
    (panel: string | null) => ask({ panel: panel ?? undefined }, false),
    [ask],
  );
  const shared = useMemo<Shared>(
    () => ({ place, config: run.config, live, synced, step, choose, expand }),
    [place, run.config, live, synced, step, choose, expand],
  );
  const panel = useCallback(
    (key: string) => {
      const entry = panels.get(key);
      return entry && <MediaPanel key={key} entry={entry} />;
    },
    [panels],
  );
  useShortcuts({ p: () => findRef.current?.focus() });
  const full = asked.panel ? panels.get(asked.panel) : undefined;
  return (
    <MediaProvider value={shared}>
      <div className={styles.page}>
        <div className={styles.bar} role="toolbar" aria-label="View">
          <Chip
            pressed={synced}
            onClick={() => sync(!synced)}
            title="One step for all panels: each shows its newest value up to it"
          >
            <span className={styles.chip}>
              <Link2 size={14} aria-hidden />
              One step for all
            </span>
          </Chip>
          {synced && step !== null && (
            <Button size="small" variant="ghost" onClick={() => choose(null)}>
              Step {count(step)} · show the newest
            </Button>
          )}
          <Field
            ref={findRef}
            label="Find panels"
            placeholder="Find panels"
            className={styles.find}
            icon={<Search size={15} aria-hidden />}
            value={asked.find ?? ""}
            onChange={(event) => ask({ find: event.target.value })}
            after={
              asked.find && (
                <IconButton label="Clear" size="small" onClick={() => ask({ find: undefined })}>
                  <X size={14} aria-hidden />
                </IconButton>
              )
            }
          />
        </div>
        <div className={styles.scroll} data-testid="media">
          <Sections
            place={`${place.owner}/${place.project}/media`}
            keys={keys}
            group={sectionFor}
            find={find}
            onClearFind={() => ask({ find: undefined })}
            panel={panel}
          />
        </div>
        {full && <FullPanel entry={full} keys={keys} />}
      </div>
    </MediaProvider>
  );
}

type Asked = Partial<Record<"find" | "step" | "panel", string>>;
type Ask = (change: Asked, replace?: boolean) => void;

/** What the address says, and how to change it. */
function useAsked(): [Asked, Ask] {
  const search: Asked = useSearch({ strict: false });
  const navigate = useNavigate();
  const latest = useRef(search);
  latest.current = search;
  const ask = useCallback<Ask>(
    (change, replace = true) => {
      latest.current = { ...latest.current, ...change };
      void navigate({ to: ".", search: latest.current, replace });
    },
    [navigate],
  );
  return [search, ask];
}

const SETTLE_MS = 250;

/** The step moves with the hand; the address follows when the hand rests. */
function useStepOfAddress(
  said: string | undefined,
  ask: Ask,
): [number | null, (step: number | null) => void] {
  const asked = said !== undefined && /^-?\d{1,15}$/.test(said) ? Number(said) : null;
  const [step, setStep] = useState<number | null>(asked);
  const written = useRef(asked);
  useEffect(() => {
    if (asked === written.current) return;
    written.current = asked; // somebody went back
    setStep(asked);
  }, [asked]);
  useEffect(() => {
    if (step === written.current) return;
    const timer = setTimeout(() => {
      written.current = step;
      ask({ step: step === null ? undefined : String(step) });
    }, SETTLE_MS);
    return () => clearTimeout(timer);
  }, [step, ask]);
  return [step, setStep];
}

/** Entries that say the same stay the same objects, so that their panels are not drawn anew. */
function useStable(panels: Map<string, PanelEntry> | null): Map<string, PanelEntry> | null {
  const held = useRef(panels);
  if (panels && panels !== held.current) {
    const before = held.current;
    for (const [key, entry] of panels) {
      const old = before?.get(key);
      if (old && JSON.stringify(old) === JSON.stringify(entry)) panels.set(key, old);
    }
    held.current = panels;
  }
  return held.current;
}
