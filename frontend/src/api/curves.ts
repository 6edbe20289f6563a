/**
 * The curves of a project that are on the screen: fetched in batches, kept, and grown live.
 *
 * Panels say which keys are near the viewport, the page says which runs are shown. What is
 * missing is asked for in one streamed request and handed to the panels frame by frame; a run
 * that is shown again costs nothing, and hiding one changes no other. Once a key is there its
 * points go on over the live connection; a gap in them draws the line anew.
 */
import { api, said } from "./client";
import { type CurveFrame, FrameReader, type SeriesFrame } from "./frame";
import { type Growth, judge, Line } from "./line";
import type { Handle, Subscription } from "./live";
import type { TailFrame } from "./live-frame";
import type { XAxis } from "./types";

export interface ShownRun {
  id: string;
  startedAt: number; // microseconds
}

export type CurveEvent =
  | { type: "changed" } // lines came, went or were drawn anew: take them all
  | { type: "grown"; run: string; growth: Growth }
  | { type: "failed"; error: Error };

/** A stretch of x, in its own units: steps or seconds. */
export interface Span {
  first: number;
  last: number;
}

/** What is x: the axes of a panel, or another metric of the same run. */
export type CurveAxis = XAxis | "metric";

export type Aggregate = "mean" | "median" | "min" | "max" | "std" | "stderr";

/** How runs become one curve (docs/reference/http-api.md, "Groups"). */
export interface Grouping {
  group?: string[];
  group_except?: string[];
  aggregates?: Aggregate[];
  quantiles?: number[];
}

export interface Question extends Grouping {
  project: string;
  runs: string[];
  keys: string[];
  x: CurveAxis;
  x_key?: string;
  buckets: number;
  first?: number;
  last?: number;
}

/** Resolves after whatever the browser has waiting. */
const turn = (): Promise<void> => new Promise((resolve) => setTimeout(resolve));

type Frames = AsyncIterable<SeriesFrame>;
export type AskCurves = (question: Question, signal: AbortSignal) => Frames;

const SETTLE_MS = 25; // panels that appear within this time are asked for together
const KEYS_AT_ONCE = 24;
const IN_FLIGHT = 2;
const REDRAW_MS = 4000; // between two drawings of what points cannot simply be added to
const BINARY = "application/vnd.wanllmdb.series+binary";

/** The frames of one request, each as soon as its bytes are there. */
export async function* askServer(question: Question, signal: AbortSignal): Frames {
  const asking = api.POST("/api/v1/curves", {
    body: question,
    headers: { Accept: BINARY },
    parseAs: "stream",
    signal,
  });
  const body = (await said<unknown>(asking)) as ReadableStream<Uint8Array> | null;
  const stream = body?.getReader();
  if (!stream) return;
  const reader = new FrameReader();
  for (;;) {
    const { done, value } = await stream.read();
    if (done) break;
    for (const frame of reader.push(value)) {
      yield frame;
      await turn(); // each frame draws a panel: the page lives on between them
    }
  }
  reader.end();
}

/** A span as the API counts it: whole steps, microseconds, or values of the metric. */
export function windowOf(x: CurveAxis, span: Span | null): Partial<Span> {
  if (!span || x === "metric") return span ?? {};
  const unit = x === "step" ? 1 : 1e6;
  return { first: Math.floor(span.first * unit), last: Math.ceil(span.last * unit) };
}

interface CurvesOptions {
  project: string;
  x: CurveAxis;
  xKey?: string; // the metric that is x, for `metric`
  buckets: number;
  span?: Span | null;
  ask?: AskCurves;
  subscribe?: (subscription: Subscription) => Handle;
}

export class Curves {
  readonly x: CurveAxis;
  readonly xKey: string | null;
  readonly buckets: number;
  readonly span: Span | null;
  private readonly project: string;
  private readonly ask: AskCurves;
  private readonly handle: Handle | null;
  private readonly lines = new Map<string, Map<string, Line>>();
  private readonly listeners = new Map<string, Set<(event: CurveEvent) => void>>();
  private readonly stale = new Set<string>();
  private readonly failed = new Set<string>();
  private readonly asking = new Map<string, Set<string>>();
  private readonly abort = new AbortController();
  private runs: ShownRun[] = [];
  private timer: ReturnType<typeof setTimeout> | null = null;
  private inFlight = 0;
  private redrawing: ReturnType<typeof setTimeout> | null = null;
  private heardOf = ""; // runs and keys of the subscription

  constructor({ project, x, xKey, buckets, span, ask = askServer, subscribe }: CurvesOptions) {
    this.xKey = xKey ?? null;
    this.span = span ?? null;
    this.project = project;
    this.x = x;
    this.buckets = buckets;
    this.ask = ask;
    this.handle =
      subscribe?.({
        project,
        runs: [],
        keys: [],
        cursors: () => this.cursors(),
        onTail: (frame) => this.heard(frame),
      }) ?? null;
  }

  close(): void {
    this.abort.abort();
    if (this.timer) clearTimeout(this.timer);
    if (this.redrawing) clearTimeout(this.redrawing);
    this.handle?.close();
    this.listeners.clear();
  }

  setRuns(runs: ShownRun[]): void {
    this.runs = runs;
    this.schedule();
    this.listen();
  }

  /** A panel near the viewport wants this key; call what comes back when it no longer does. */
  want(key: string, listener: (event: CurveEvent) => void): () => void {
    const those = this.listeners.get(key) ?? new Set();
    this.listeners.set(key, those.add(listener));
    this.schedule();
    if (those.size === 1 && this.lines.has(key)) this.listen(); // it goes on where it stopped
    return () => {
      those.delete(listener);
      if (those.size === 0) this.listeners.delete(key);
    };
  }

  /** The line of a run, or null while it has not been loaded. */
  line(key: string, run: string): Line | null {
    return this.lines.get(key)?.get(run) ?? null;
  }

  retry(key: string): void {
    this.failed.delete(key);
    this.schedule();
  }

  /** Runs whose line of this key is neither here nor on its way. */
  private missing(key: string): string[] {
    if (this.failed.has(key)) return [];
    const here = this.lines.get(key);
    const coming = this.asking.get(key);
    return this.runs
      .map((run) => run.id)
      .filter((id) => (!here?.has(id) || this.stale.has(`${key} ${id}`)) && !coming?.has(id));
  }

  /** Whether lines of this key that should be shown are still on their way. */
  loading(key: string): boolean {
    const here = this.lines.get(key);
    return !this.failed.has(key) && this.runs.some((run) => !here?.has(run.id));
  }

  private schedule(): void {
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.fetchMissing();
    }, SETTLE_MS);
  }

  private fetchMissing(): void {
    const groups = new Map<string, { runs: string[]; keys: string[] }>();
    for (const key of this.listeners.keys()) {
      const runs = this.missing(key);
      if (runs.length === 0) continue;
      const name = runs.join(" ");
      const group = groups.get(name) ?? { runs, keys: [] };
      group.keys.push(key);
      groups.set(name, group);
    }
    for (const { runs, keys } of groups.values()) {
      for (let i = 0; i < keys.length && this.inFlight < IN_FLIGHT; i += KEYS_AT_ONCE) {
        void this.fetch(keys.slice(i, i + KEYS_AT_ONCE), runs);
      }
    }
  }

  private async fetch(keys: string[], runs: string[]): Promise<void> {
    this.inFlight += 1;
    for (const key of keys) {
      this.asking.set(key, new Set([...(this.asking.get(key) ?? []), ...runs]));
    }
    const { project, x, xKey, buckets } = this;
    const over = xKey === null ? {} : { x_key: xKey };
    const open = new Set(keys);
    try {
      const asked = { project, runs: runs.slice(0, 1000), keys, x, ...over, buckets };
      for await (const frame of this.ask({ ...asked, ...this.window() }, this.abort.signal)) {
        if (frame.type !== "curve") continue;
        this.keep(frame, runs);
        this.settled(frame.key, runs);
        open.delete(frame.key);
      }
    } catch (error) {
      if (this.abort.signal.aborted) return;
      for (const key of open) {
        this.failed.add(key);
        this.tell(key, { type: "failed", error: error as Error });
      }
    } finally {
      for (const key of open) this.settled(key, runs);
      this.inFlight -= 1;
    }
    this.heardOf = ""; // what came while the answer was on its way was not taken: ask from there
    this.listen();
    this.schedule();
  }

  private window(): Partial<Span> {
    return windowOf(this.x, this.span);
  }

  private settled(key: string, runs: string[]): void {
    const coming = this.asking.get(key);
    for (const run of runs) coming?.delete(run);
  }

  private keep(frame: CurveFrame, asked: string[]): void {
    const here = this.lines.get(frame.key) ?? new Map<string, Line>();
    this.lines.set(frame.key, here);
    for (const run of asked) {
      this.stale.delete(`${frame.key} ${run}`);
      if (!here.has(run)) here.set(run, Line.empty(frame.width));
    }
    for (const series of frame.series) here.set(series.run, new Line(series, frame.width));
    this.tell(frame.key, { type: "changed" });
  }

  /** Tells the server what to send from now on: the loaded keys of the shown runs. */
  private listen(): void {
    const keys = [...this.lines.keys()].filter((key) => this.listeners.has(key));
    const runs = this.runs.map((run) => run.id);
    const wish = JSON.stringify([runs, keys]);
    if (wish === this.heardOf) return; // what comes already comes without gaps
    this.heardOf = wish;
    this.handle?.update({ runs, keys });
  }

  private cursors(): Record<string, Record<string, number>> {
    const cursors: Record<string, Record<string, number>> = {};
    for (const [key, lines] of this.lines) {
      if (!this.listeners.has(key)) continue;
      for (const { id } of this.runs) {
        const line = lines.get(id);
        if (line) cursors[id] = { ...cursors[id], [key]: line.logged };
      }
    }
    return cursors;
  }

  private heard(frame: TailFrame): void {
    for (const tail of frame.series) {
      const line = this.line(tail.key, tail.run);
      if (!line || this.stale.has(`${tail.key} ${tail.run}`)) continue;
      const how = judge(line.logged, tail);
      if (this.x === "metric") {
        if (how.verdict !== "known") this.redrawSoon(`${tail.key} ${tail.run}`);
      } else if (how.verdict === "gap") {
        this.stale.add(`${tail.key} ${tail.run}`);
        this.schedule();
      } else if (how.verdict === "append") {
        const origin = (this.runs.find((run) => run.id === tail.run)?.startedAt ?? 0) / 1e6;
        const growth = line.grow(tail, how.from, this.x, origin, this.buckets);
        this.tell(tail.key, { type: "grown", run: tail.run, growth });
      }
    }
  }

  /** Where a point lies over another metric only the server knows: the line is drawn anew. */
  private redrawSoon(line: string): void {
    this.stale.add(line);
    this.redrawing ??= setTimeout(() => {
      this.redrawing = null;
      this.schedule();
    }, REDRAW_MS);
  }

  private tell(key: string, event: CurveEvent): void {
    for (const listener of this.listeners.get(key) ?? []) listener(event);
  }
}
