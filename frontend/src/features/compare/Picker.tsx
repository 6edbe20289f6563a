/** Chooses runs of any project: searched, filtered by state, or pasted as ids and links. */
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { Search } from "lucide-react";
import { useDeferredValue, useMemo, useState } from "react";
import { MOST_COMPARED } from "../../api/comparison";
import { projectsQuery, runsQuery } from "../../api/queries";
import type { Run } from "../../api/types";
import { Button } from "../../kit/Button";
import { Chip } from "../../kit/Chip";
import { Field } from "../../kit/Field";
import { ago, count, plural } from "../../kit/format";
import { STATES, type State, StateDot, Swatch } from "../../kit/marks";
import { Select } from "../../kit/Select";
import { EmptyState, ErrorState, Skeleton } from "../../kit/states";
import { useNow } from "../../kit/useNow";
import type { ProjectPlace } from "../../paths";
import styles from "./Picker.module.css";
import { readRefs, refOf } from "./refs";

interface PickerProps {
  place: ProjectPlace | null;
  chosen: readonly string[];
  onDone: (refs: string[]) => void;
}

export function Picker({ place, chosen, onDone }: PickerProps) {
  const [picked, pick] = useState<readonly string[]>(chosen);
  const projects = useQuery(projectsQuery("")).data?.items ?? [];
  const names = projects.map(({ owner, name }) => `${owner}/${name}`);
  const [project, choose] = useState(place ? `${place.owner}/${place.project}` : "");
  const shown = project || names[0] || "";
  const all = shown && !names.includes(shown) ? [shown, ...names] : names;
  const over = picked.length - MOST_COMPARED;
  return (
    <div className={styles.picker} data-testid="picker">
      <Select
        label="Project"
        value={shown}
        options={all.map((name) => ({ value: name, label: name }))}
        onChange={choose}
      />
      {shown && <Runs key={shown} project={shown} picked={picked} onPick={pick} />}
      <Paste place={place} onAdd={(refs) => pick([...new Set([...picked, ...refs])])} />
      <footer className={styles.foot}>
        <span className={styles.said} role="status" data-bad={over > 0 || undefined}>
          {over > 0
            ? `${plural(picked.length, "run")} chosen, ${count(over)} too many: at most ${MOST_COMPARED} can be compared.`
            : `${plural(picked.length, "run")} chosen`}
        </span>
        <Button variant="ghost" disabled={picked.length === 0} onClick={() => pick([])}>
          Choose none
        </Button>
        {over > 0 && (
          <Button onClick={() => pick(picked.slice(0, MOST_COMPARED))}>
            Keep the first {MOST_COMPARED}
          </Button>
        )}
        <Button
          variant="primary"
          disabled={picked.length === 0 || over > 0}
          onClick={() => onDone([...picked])}
        >
          Compare
        </Button>
      </footer>
    </div>
  );
}

interface RunsProps {
  project: string;
  picked: readonly string[];
  onPick: (refs: readonly string[]) => void;
}

function Runs({ project, picked, onPick }: RunsProps) {
  const [q, search] = useState("");
  const [states, filter] = useState<readonly State[]>([]);
  const slash = project.indexOf("/");
  const owner = project.slice(0, slash);
  const asked = useDeferredValue(q);
  const question = { owner, project: project.slice(slash + 1), q: asked, states };
  const { data, error, hasNextPage, isFetchingNextPage, fetchNextPage, refetch } = useInfiniteQuery(
    runsQuery(question),
  );
  const runs = useMemo(() => data?.pages.flatMap((page) => page.items) ?? [], [data]);
  const total = data?.pages[0]?.total ?? 0;
  const held = useMemo(() => new Set(picked), [picked]);
  const refs = runs.map(refOf);
  const whole = refs.length > 0 && refs.every((ref) => held.has(ref));
  const flip = (ref: string) =>
    onPick(held.has(ref) ? picked.filter((one) => one !== ref) : [...picked, ref]);
  const flipAll = () =>
    onPick(
      whole ? picked.filter((ref) => !refs.includes(ref)) : [...new Set([...picked, ...refs])],
    );
  return (
    <>
      <div className={styles.filters}>
        <Field
          className={styles.search}
          label="Search runs"
          placeholder="Search by name, tag, config…"
          icon={<Search size={15} aria-hidden />}
          value={q}
          onChange={(event) => search(event.target.value)}
        />
        <fieldset className={styles.states} aria-label="States">
          {STATES.map((state) => (
            <Chip
              key={state}
              pressed={states.includes(state)}
              onClick={() =>
                filter(STATES.filter((one) => states.includes(one) !== (one === state)))
              }
            >
              {state}
            </Chip>
          ))}
        </fieldset>
      </div>
      <div className={styles.list}>
        {error && !data && <ErrorState error={error} retry={refetch} />}
        {!data && !error && <Skeleton height={24} lines={8} />}
        {data && runs.length === 0 && (
          <EmptyState
            title={q || states.length ? "No run matches" : "No runs yet"}
            {...(q || states.length
              ? {
                  action: (
                    <Button
                      onClick={() => {
                        search("");
                        filter([]);
                      }}
                    >
                      Clear filter
                    </Button>
                  ),
                }
              : {})}
          />
        )}
        {runs.length > 0 && (
          <>
            <label className={styles.all}>
              <input type="checkbox" checked={whole} onChange={flipAll} />
              {runs.length < total
                ? `The first ${count(runs.length)} of ${count(total)}`
                : `All ${count(total)}`}
            </label>
            <ul aria-label="Runs">
              {runs.map((run) => (
                <Choice key={run.id} run={run} on={held.has(refOf(run))} onFlip={flip} />
              ))}
            </ul>
          </>
        )}
        {hasNextPage && (
          <Button size="small" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            More runs
          </Button>
        )}
      </div>
    </>
  );
}

interface ChoiceProps {
  run: Run;
  on: boolean;
  onFlip: (ref: string) => void;
}

function Choice({ run, on, onFlip }: ChoiceProps) {
  const now = useNow(30_000);
  return (
    <li>
      <label>
        <input type="checkbox" checked={on} onChange={() => onFlip(refOf(run))} />
        <Swatch color={run.color} />
        <span className={styles.name}>{run.name}</span>
        <code className={styles.id}>{run.id}</code>
        <span className={styles.state}>
          <StateDot state={run.state} words />
        </span>
        <span className={styles.age}>{ago(run.created_at, now)}</span>
      </label>
    </li>
  );
}

interface PasteProps {
  place: ProjectPlace | null;
  onAdd: (refs: string[]) => void;
}

function Paste({ place, onAdd }: PasteProps) {
  const [text, write] = useState("");
  const [wrong, say] = useState<string | null>(null);
  const add = () => {
    const { refs, unread } = readRefs(text, place);
    onAdd(refs);
    write(unread.join(", "));
    say(unread.length ? "Not read: a run is named owner/project/id, or by its link." : null);
  };
  return (
    <form
      className={styles.paste}
      onSubmit={(event) => {
        event.preventDefault();
        add();
      }}
    >
      <Field
        className={styles.search}
        label="Paste ids or links"
        placeholder={
          place ? "Paste ids, owner/project/id or links" : "Paste owner/project/id or links"
        }
        value={text}
        wrong={wrong}
        onChange={(event) => write(event.target.value)}
      />
      <Button type="submit" disabled={!text.trim()}>
        Add
      </Button>
    </form>
  );
}
