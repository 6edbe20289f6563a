import { beforeEach, describe, expect, it } from "vitest";
import { packLive } from "./frame-fixture";
import { Live, type RunChange, type Subscription } from "./live";

/** A socket that remembers what was said, and a clock that moves when told. */
class FakeSocket {
  static made: FakeSocket[] = [];
  binaryType = "";
  said: Record<string, unknown>[] = [];
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: string | ArrayBuffer }) => void) | null = null;
  constructor() {
    FakeSocket.made.push(this);
  }
  send(text: string) {
    this.said.push(JSON.parse(text));
  }
  close() {
    this.onclose?.();
  }
  hear(message: object) {
    this.onmessage?.({ data: JSON.stringify(message) });
  }
  subscriptions() {
    return this.said.filter((message) => message.type === "subscribe");
  }
}

class Clock {
  time = 0;
  private timers: { at: number; act: () => void }[] = [];
  later = (act: () => void, ms: number) => {
    const timer = { at: this.time + ms, act };
    this.timers.push(timer);
    return () => {
      this.timers = this.timers.filter((one) => one !== timer);
    };
  };
  pass(ms: number) {
    const end = this.time + ms;
    for (;;) {
      const due = this.timers.filter((one) => one.at <= end).sort((a, b) => a.at - b.at)[0];
      if (!due) break;
      this.timers = this.timers.filter((one) => one !== due);
      this.time = due.at;
      due.act();
    }
    this.time = end;
  }
}

const socket = (index: number) => FakeSocket.made[index] as FakeSocket;

describe("the live connection", () => {
  let clock: Clock;
  let live: Live;
  let show: (seen: boolean) => void;
  beforeEach(() => {
    FakeSocket.made = [];
    clock = new Clock();
    let seen = true;
    live = new Live({
      url: () => "ws://here",
      socket: () => new FakeSocket() as unknown as WebSocket,
      now: () => clock.time,
      later: clock.later,
      seen: () => seen,
      onSeen: (listener) => {
        show = (now) => {
          seen = now;
          listener();
        };
      },
    });
  });
  const wish = (change: Partial<Subscription> = {}): Subscription => ({
    project: "o/p",
    runs: ["a"],
    keys: ["loss"],
    ...change,
  });

  it("is one socket for all subscriptions", () => {
    live.subscribe(wish());
    live.subscribe(wish({ project: "o/q" }));
    socket(0).onopen?.();
    expect(FakeSocket.made).toHaveLength(1);
    expect(
      socket(0)
        .subscriptions()
        .map((one) => one.project),
    ).toEqual(["o/p", "o/q"]);
  });

  it("sends many changes of a moment as one", () => {
    const handle = live.subscribe(wish());
    socket(0).onopen?.();
    handle.update({ runs: ["a", "b"] });
    handle.update({ keys: ["loss", "acc"] });
    clock.pass(100);
    expect(socket(0).subscriptions()).toHaveLength(2);
    expect(socket(0).subscriptions()[1]).toMatchObject({ runs: ["a", "b"], keys: ["loss", "acc"] });
  });

  it("comes back with a growing pause, and asks anew from the cursors of that moment", () => {
    let seen = 3;
    let back = 0;
    live.subscribe(wish({ cursors: () => ({ a: { loss: seen } }), onBack: () => (back += 1) }));
    socket(0).onopen?.();
    seen = 9;
    socket(0).close();
    expect(live.getStatus()).toEqual({ connected: false, lostAt: 0 });
    clock.pass(500);
    socket(1).close();
    clock.pass(900);
    expect(FakeSocket.made).toHaveLength(2);
    clock.pass(100);
    socket(2).onopen?.();
    expect(socket(2).subscriptions()[0]?.cursors).toEqual({ a: { loss: 9 } });
    expect(live.getStatus().connected).toBe(true);
    expect(back).toBe(1);
  });

  it("tells of runs only those who follow their project", () => {
    const heard: string[] = [];
    live.subscribe(wish({ onRuns: (runs) => heard.push(...runs.map((run) => run.id)) }));
    live.subscribe(wish({ project: "o/q", onRuns: () => heard.push("wrong") }));
    socket(0).onopen?.();
    socket(0).hear({ type: "runs", project: "o/p", runs: [{ id: "n1" }] });
    expect(heard).toEqual(["n1"]);
  });

  it("tells of changes, and of last values as changes of summaries", () => {
    const heard: RunChange[] = [];
    live.subscribe(wish({ onChanges: (changes) => heard.push(...changes) }));
    socket(0).onopen?.();
    socket(0).hear({ type: "changes", project: "o/p", runs: [{ id: "a", unset: ["x"] }] });
    const groups = [{ runs: ["a"], keys: ["loss", "__proto__"] }];
    const data = packLive(
      { type: "last", project: "o/p", groups },
      { values: { value: ["f64", [0.5, Number.NEGATIVE_INFINITY]] } },
    );
    socket(0).onmessage?.({ data });
    expect(heard[0]).toEqual({ id: "a", unset: ["x"] });
    expect(Object.entries(heard[1]?.summary ?? {})).toEqual([
      ["loss", 0.5],
      ["__proto__", "-Infinity"],
    ]);
  });

  it("asks for nothing while the tab is out of sight, and goes on when it is seen again", () => {
    let back = 0;
    const handle = live.subscribe(
      wish({ cursors: () => ({ a: { loss: 7 } }), onBack: () => back++ }),
    );
    socket(0).onopen?.();
    show(false);
    clock.pass(9000);
    show(true);
    expect(socket(0).said.filter(({ type }) => type === "unsubscribe")).toEqual([]);
    show(false);
    clock.pass(10_000);
    expect(socket(0).said.at(-1)).toEqual({ type: "unsubscribe", id: "s1" });
    handle.update({ runs: ["a", "b"] });
    clock.pass(1000);
    expect(socket(0).subscriptions()).toHaveLength(1);
    show(true);
    expect(socket(0).subscriptions()[1]).toMatchObject({
      runs: ["a", "b"],
      cursors: { a: { loss: 7 } },
    });
    expect(back).toBe(1);
    expect(live.getStatus().connected).toBe(true);
  });

  it("asks for nothing when it comes back while the tab is out of sight", () => {
    live.subscribe(wish());
    socket(0).onopen?.();
    show(false);
    clock.pass(10_000);
    socket(0).close();
    clock.pass(500);
    socket(1).onopen?.();
    expect(socket(1).said).toEqual([]);
    show(true);
    expect(socket(1).subscriptions()).toHaveLength(1);
  });

  it("closes when nobody listens any more, without coming back", () => {
    const handle = live.subscribe(wish());
    socket(0).onopen?.();
    handle.close();
    clock.pass(60_000);
    expect(socket(0).said.at(-1)).toMatchObject({ type: "unsubscribe" });
    expect(FakeSocket.made).toHaveLength(1);
    expect(live.getStatus().lostAt).toBeNull();
  });
});
