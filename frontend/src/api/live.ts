/**
 * One WebSocket for the whole tab: who subscribes hears of runs, keys and points as they come.
 *
 * It opens with the first subscription, closes with the last, and comes back by itself with a
 * growing pause; every subscription is then made anew with the cursors of that moment, so
 * nothing is missed and nothing comes twice. A tab that nobody sees is told nothing after a
 * while; when it is seen again it goes on as after a break.
 */
import { decodeLive, type LastFrame, type TailFrame } from "./live-frame";
import type { Json, JsonMap, Run } from "./types";

export interface Subscription {
  project: string; // owner/project
  runs: string[];
  keys: string[] | null;
  /** Points already seen, by run and key; asked whenever the subscription is (re)made. */
  cursors?: () => Record<string, Record<string, number>>;
  onTail?: (frame: TailFrame) => void;
  onRuns?: (runs: LiveRun[]) => void; // of which nothing was heard yet
  onChanges?: (changes: RunChange[]) => void;
  onKeys?: (run: string, keys: { key: string; kind: "number" | "object" }[]) => void;
  /** Nothing was heard for a while: what is not covered by cursors may be stale. */
  onBack?: () => void;
}

/** What a live message tells of a run: all but the big maps. */
export type LiveRun = Partial<Run> & { id: string };

/** What is another in a run: fields, and keys of its summary that are others or gone. */
export type RunChange = Partial<Omit<Run, "id">> & { id: string; unset?: string[] };

export interface Handle {
  update(change: Partial<Subscription>): void;
  close(): void;
}

export interface Status {
  connected: boolean;
  lostAt: number | null; // ms; null while connected or never connected
}

export interface Surroundings {
  url: () => string;
  socket: (url: string) => WebSocket;
  now: () => number;
  later: (act: () => void, ms: number) => () => void;
  seen: () => boolean;
  onSeen: (listener: () => void) => void;
}

const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 15_000;
const PING_MS = 20_000;
const SETTLE_MS = 40; // changes of a subscription within this time are sent as one
const LINGER_MS = 2000; // a socket without subscriptions stays for the next page
const UNSEEN_MS = 10_000; // a tab that is out of sight for so long is told nothing

type ServerMessage =
  | { type: "subscribed" | "pong" }
  | { type: "error"; id?: string; code: string; detail: string }
  | { type: "runs"; project: string; runs: LiveRun[] }
  | { type: "changes"; project: string; runs: RunChange[] }
  | {
      type: "keys";
      project: string;
      run: string;
      keys: { key: string; kind: "number" | "object" }[];
    };

export class Live {
  private socket: WebSocket | null = null;
  private open = false;
  private pause = FIRST_PAUSE_MS;
  private made = 0;
  private readonly subscriptions = new Map<string, Subscription>();
  private readonly changed = new Set<string>();
  private readonly listeners = new Set<() => void>();
  private status: Status = { connected: false, lostAt: null };
  private wasLost = false; // since it was open last, or from the start
  private cancelRetry: (() => void) | null = null;
  private cancelFlush: (() => void) | null = null;
  private cancelPing: (() => void) | null = null;
  private cancelSleep: (() => void) | null = null;
  private asleep = false;

  constructor(private readonly around: Surroundings) {
    around.onSeen(() => this.looked());
    this.looked();
  }

  readonly getStatus = (): Status => this.status;

  readonly onStatus = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  subscribe(subscription: Subscription): Handle {
    this.made += 1;
    const id = `s${this.made}`;
    this.subscriptions.set(id, subscription);
    this.send(id);
    if (!this.socket && !this.cancelRetry) this.connect();
    return {
      update: (change) => {
        const known = this.subscriptions.get(id);
        if (!known) return;
        this.subscriptions.set(id, { ...known, ...change });
        this.send(id);
      },
      close: () => {
        if (!this.subscriptions.delete(id)) return;
        this.changed.delete(id);
        if (this.open) this.say({ type: "unsubscribe", id });
        if (this.subscriptions.size === 0) this.around.later(() => this.rest(), LINGER_MS);
      },
    };
  }

  private rest(): void {
    if (this.subscriptions.size > 0) return;
    this.cancelRetry?.();
    this.cancelRetry = null;
    this.socket?.close();
  }

  private connect(): void {
    this.cancelRetry = null;
    const socket = this.around.socket(this.around.url());
    socket.binaryType = "arraybuffer";
    this.socket = socket;
    socket.onopen = () => this.opened();
    socket.onclose = () => this.closed(socket);
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => this.heard(event.data);
  }

  private opened(): void {
    const back = this.wasLost;
    this.open = true;
    this.wasLost = false;
    this.pause = FIRST_PAUSE_MS;
    this.setStatus({ connected: true, lostAt: null });
    this.ping();
    this.goOn(back);
  }

  /** Makes every subscription anew; `back` when something may have been missed. */
  private goOn(back: boolean): void {
    for (const id of this.subscriptions.keys()) this.changed.add(id);
    this.flush();
    if (back) for (const one of this.subscriptions.values()) one.onBack?.();
  }

  /** The tab came into sight, or went out of it. */
  private looked(): void {
    this.cancelSleep?.();
    this.cancelSleep = null;
    if (!this.around.seen()) {
      this.cancelSleep = this.around.later(() => this.sleep(), UNSEEN_MS);
    } else if (this.asleep) {
      this.asleep = false;
      this.goOn(true);
    }
  }

  private sleep(): void {
    this.asleep = true;
    if (!this.open) return;
    for (const id of this.subscriptions.keys()) this.say({ type: "unsubscribe", id });
  }

  private ping(): void {
    this.cancelPing = this.around.later(() => {
      if (!this.open) return;
      this.say({ type: "ping" });
      this.ping();
    }, PING_MS);
  }

  private closed(socket: WebSocket): void {
    if (this.socket !== socket) return;
    this.socket = null;
    this.open = false;
    this.cancelPing?.();
    if (this.subscriptions.size === 0) {
      this.setStatus({ connected: false, lostAt: null });
      return;
    }
    this.wasLost = true;
    this.setStatus({ connected: false, lostAt: this.status.lostAt ?? this.around.now() });
    this.cancelRetry = this.around.later(() => this.connect(), this.pause);
    this.pause = Math.min(this.pause * 2, LONGEST_PAUSE_MS);
  }

  private send(id: string): void {
    this.changed.add(id);
    if (!this.open || this.cancelFlush) return;
    this.cancelFlush = this.around.later(() => this.flush(), SETTLE_MS);
  }

  private flush(): void {
    this.cancelFlush?.();
    this.cancelFlush = null;
    if (!this.open || this.asleep) return;
    for (const id of this.changed) {
      const one = this.subscriptions.get(id);
      if (!one) continue;
      const { project, runs, keys, cursors } = one;
      this.say({ type: "subscribe", id, project, runs, keys, cursors: cursors?.() ?? {} });
    }
    this.changed.clear();
  }

  private say(message: object): void {
    this.socket?.send(JSON.stringify(message));
  }

  private heard(data: string | ArrayBuffer): void {
    if (typeof data !== "string") {
      const frame = decodeLive(data);
      if (frame.type === "tail") this.subscriptions.get(frame.id)?.onTail?.(frame);
      else this.tell(frame.project, (one) => one.onChanges?.(frame.values.map(changeOf)));
      return;
    }
    const message = JSON.parse(data) as ServerMessage;
    if (message.type === "runs") {
      this.tell(message.project, (one) => one.onRuns?.(message.runs));
    } else if (message.type === "changes") {
      this.tell(message.project, (one) => one.onChanges?.(message.runs));
    } else if (message.type === "keys") {
      this.tell(message.project, (one) => one.onKeys?.(message.run, message.keys));
    } else if (message.type === "error") {
      console.warn(`live: ${message.code}: ${message.detail}`);
    }
  }

  private tell(project: string, act: (one: Subscription) => void): void {
    for (const one of [...this.subscriptions.values()]) if (one.project === project) act(one);
  }

  private setStatus(status: Status): void {
    this.status = status;
    for (const listener of this.listeners) listener();
  }
}

/** Last values as a part of a summary, which has words for what JSON has no number for. */
function changeOf({ run, keys, values }: LastFrame["values"][number]): RunChange {
  const said = (value: number): Json => (Number.isFinite(value) ? value : String(value));
  const summary: JsonMap = Object.fromEntries(
    keys.map((key, i) => [key, said(values[i] as number)]),
  );
  return { id: run, summary };
}

/** The tab's connection, as a browser makes it. */
export const live = new Live({
  url: () =>
    `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/v1/metrics/stream`,
  socket: (url) => new WebSocket(url),
  now: () => Date.now(),
  later: (act, ms) => {
    const timer = setTimeout(act, ms);
    return () => clearTimeout(timer);
  },
  seen: () => document.visibilityState !== "hidden",
  onSeen: (listener) => document.addEventListener("visibilitychange", listener),
});
