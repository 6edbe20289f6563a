/**
 * The curves of groups of runs that are on the screen: one curve for all runs that are alike.
 *
 * A group is drawn by the server from every run in it, so nothing is added to one here: when the
 * runs shown are others, or points came, it is asked for anew, and what was there stays until then.
 */
import {
  type AskCurves,
  askServer,
  type CurveAxis,
  type Grouping,
  type ShownRun,
  type Span,
  windowOf,
} from "./curves";
import type { GroupFrame, GroupSeries } from "./frame";
import type { Handle, Subscription } from "./live";
import type { TailFrame } from "./live-frame";

const SETTLE_MS = 25;
const REDRAW_MS = 4000;
const MOST_RUNS = 1000;

export type GroupEvent = { type: "changed" } | { type: "failed"; error: Error };

interface GroupCurvesOptions extends Grouping {
  project: string;
  x: CurveAxis;
  xKey?: string;
  buckets: number;
  span?: Span | null;
  ask?: AskCurves;
  subscribe?: (subscription: Subscription) => Handle;
}

/** A group's name: what its runs have in common. */
export function groupName(fields: readonly string[], { group }: GroupSeries): string {
  if (group.length === 0) return "all";
  const bare = (value: unknown): string =>
    value === null || value === undefined
      ? "\u2013"
      : typeof value === "string"
        ? value
        : JSON.stringify(value);
  const short = (field: string): string => field.replace(/^config\./, "");
  return group.map((value, i) => `${short(fields[i] ?? "")}: ${bare(value)}`).join(", ");
}

/** What a group is known by: the same values make the same group, whatever runs are in it. */
export const groupId = ({ group }: GroupSeries): string => JSON.stringify(group);

export class GroupCurves {
  private readonly frames = new Map<string, { runs: string; frame: GroupFrame }>();
  private readonly listeners = new Map<string, Set<(event: GroupEvent) => void>>();
  private readonly failed = new Set<string>();
  private readonly stale = new Set<string>();
  private readonly asking = new Map<string, string>();
  private readonly abort = new AbortController();
  private readonly handle: Handle | null;
  private runs: string[] = [];
  private timer: ReturnType<typeof setTimeout> | null = null;
  private redrawing: ReturnType<typeof setTimeout> | null = null;

  constructor(private readonly options: GroupCurvesOptions) {
    this.handle =
      options.subscribe?.({
        project: options.project,
        runs: [],
        keys: [],
        onTail: (frame) => this.heard(frame),
      }) ?? null;
  }

  get x(): CurveAxis {
    return this.options.x;
  }

  close(): void {
    this.abort.abort();
    if (this.timer) clearTimeout(this.timer);
    if (this.redrawing) clearTimeout(this.redrawing);
    this.handle?.close();
    this.listeners.clear();
  }

  setRuns(runs: readonly ShownRun[]): void {
    this.runs = runs.map(({ id }) => id);
    this.failed.clear();
    this.schedule();
    this.listen();
  }

  /** A panel near the viewport wants this key; call what comes back when it no longer does. */
  want(key: string, listener: (event: GroupEvent) => void): () => void {
    const those = this.listeners.get(key) ?? new Set();
    this.listeners.set(key, those.add(listener));
    this.schedule();
    this.listen();
    return () => {
      those.delete(listener);
      if (those.size === 0) this.listeners.delete(key);
    };
  }

  /** The groups of a key as they were drawn last, or null while there are none. */
  groups(key: string): GroupFrame | null {
    return this.frames.get(key)?.frame ?? null;
  }

  loading(key: string): boolean {
    return !this.failed.has(key) && !this.isCurrent(key);
  }

  retry(key: string): void {
    this.failed.delete(key);
    this.schedule();
  }

  private get wish(): string {
    return this.runs.join(" ");
  }

  private isCurrent(key: string): boolean {
    return this.runs.length === 0 || this.frames.get(key)?.runs === this.wish;
  }

  private schedule(): void {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      const keys = [...this.listeners.keys()].filter((key) => this.isMissing(key));
      if (keys.length > 0) void this.fetch(keys);
    }, SETTLE_MS);
  }

  private isMissing(key: string): boolean {
    if (this.failed.has(key) || this.runs.length === 0) return false;
    if (this.asking.get(key) === this.wish) return false;
    return this.stale.has(key) || !this.isCurrent(key);
  }

  private async fetch(keys: readonly string[]): Promise<void> {
    const { wish } = this;
    const open = new Set(keys);
    for (const key of keys) {
      this.asking.set(key, wish);
      this.stale.delete(key);
    }
    const { project, x, xKey, buckets, span, ask = askServer } = this.options;
    const { group, group_except, aggregates, quantiles } = this.options;
    const grouping = {
      ...(group && { group }),
      ...(group_except && { group_except }),
      ...(aggregates && { aggregates }),
      ...(quantiles && { quantiles }),
    };
    const over = { x, ...(xKey !== undefined && { x_key: xKey }), ...windowOf(x, span ?? null) };
    const runs = this.runs.slice(0, MOST_RUNS);
    const question = { project, runs, keys: [...keys], ...over, buckets, ...grouping };
    try {
      for await (const frame of ask(question, this.abort.signal)) {
        if (frame.type !== "groups") continue;
        open.delete(frame.key);
        this.settle(frame.key, wish);
        // An answer that was overtaken by other runs is better than nothing, and not the last.
        this.frames.set(frame.key, { runs: wish, frame });
        this.tell(frame.key, { type: "changed" });
      }
    } catch (error) {
      if (this.abort.signal.aborted) return;
      for (const key of open) {
        if (wish === this.wish) this.failed.add(key);
        this.tell(key, { type: "failed", error: error as Error });
      }
    } finally {
      for (const key of open) this.settle(key, wish);
    }
    this.schedule();
  }

  private settle(key: string, wish: string): void {
    if (this.asking.get(key) === wish) this.asking.delete(key);
  }

  private listen(): void {
    this.handle?.update({ runs: this.runs, keys: [...this.listeners.keys()] });
  }

  private heard(frame: TailFrame): void {
    for (const { key } of frame.series) if (this.frames.has(key)) this.stale.add(key);
    if (this.stale.size === 0) return;
    this.redrawing ??= setTimeout(() => {
      this.redrawing = null;
      this.schedule();
    }, REDRAW_MS);
  }

  private tell(key: string, event: GroupEvent): void {
    for (const listener of this.listeners.get(key) ?? []) listener(event);
  }
}
