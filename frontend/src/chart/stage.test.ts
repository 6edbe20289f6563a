import { expect, test } from "vitest";
import { Line } from "./line";
import type { Canvas, Message, Near, Reply } from "./messages";
import { pack } from "./messages";
import { defaultOptions } from "./options";
import { Recorder } from "./recorder";
import { Stage, type StageRoom } from "./stage";

/** A canvas without pixels: its context remembers what is drawn. */
class Sheet extends EventTarget {
  width = 0;
  height = 0;
  readonly surface = new Recorder();

  getContext(): Recorder {
    return this.surface;
  }
}

/** A room whose frames come when the test says so, and where each look at the clock takes 10 ms. */
class Theatre implements StageRoom {
  readonly replies: Reply[] = [];
  readonly zone = () => 0;
  readonly slice = 25;
  private time = 0;
  private frames: (() => void)[] = [];
  private turns: (() => void)[] = [];
  private fontsReady: () => void = () => {};

  now(): number {
    this.time += 10;
    return this.time;
  }
  nextFrame(work: () => void): void {
    this.frames.push(work);
  }
  soon(work: () => void): void {
    this.turns.push(work);
  }
  post(reply: Reply): void {
    this.replies.push(reply);
  }
  makeCanvas(): Canvas {
    return new Sheet() as unknown as Canvas;
  }
  loadFonts(): Promise<void> {
    return new Promise((resolve) => {
      this.fontsReady = resolve;
    });
  }
  async fontsArrive(): Promise<void> {
    this.fontsReady();
    await Promise.resolve();
    await Promise.resolve();
  }
  frame(): void {
    const frames = this.frames;
    this.frames = [];
    for (const work of frames) work();
  }
  turn(): void {
    this.turns.shift()?.();
  }
  /** Until nobody waits for anything any more. */
  play(): void {
    while (this.frames.length + this.turns.length > 0) {
      this.turn();
      this.frame();
    }
  }
  get painted(): Extract<Reply, { type: "painted" }>[] {
    return this.replies.filter((reply) => reply.type === "painted");
  }
}

const line = new Line({
  id: "a",
  name: "a",
  color: "#0000ff",
  x: Float64Array.of(0, 1, 2),
  y: Float64Array.of(1, 2, 3),
});

class Play {
  readonly theatre = new Theatre();
  readonly stage = new Stage(this.theatre);
  readonly sheets = new Map<number, Sheet>();
  private revision = 0;

  send(...messages: Message[]): void {
    this.revision += 1;
    this.stage.receive({ revision: this.revision, messages });
  }

  open(panel: number, near: Near): void {
    const sheet = new Sheet();
    this.sheets.set(panel, sheet);
    this.send(
      { type: "open", panel, canvas: sheet as unknown as Canvas, shows: "lines" },
      { type: "options", panel, options: defaultOptions },
      { type: "size", panel, width: 300, height: 150, ratio: 2 },
      { type: "near", panel, near },
      { type: "lines", panel, packed: pack([line]) },
    );
  }

  /** Times that a panel was painted: each paint strokes the line once. */
  paints(panel: number): number {
    return this.sheets.get(panel)?.surface.of("#0000ff").length ?? 0;
  }
}

test("many changes before a frame are painted once", () => {
  const play = new Play();
  play.open(1, 2);
  for (let i = 0; i < 10; i += 1) {
    const tails = [{ id: "a", x: Float64Array.of(3 + i), y: Float64Array.of(i) }];
    play.send({ type: "append", panel: 1, tails });
  }
  play.theatre.play();
  expect(play.paints(1)).toBe(1);
  expect(play.theatre.painted.at(-1)).toMatchObject({ revision: 11, waiting: [] });
});

test("a panel is painted at the screen's own density", () => {
  const play = new Play();
  play.open(1, 2);
  play.theatre.play();
  expect(play.sheets.get(1)).toMatchObject({ width: 600, height: 300 });
});

test("a panel out of sight is not painted, and is said to wait, until it comes near", () => {
  const play = new Play();
  play.open(1, 0);
  play.theatre.play();
  expect(play.paints(1)).toBe(0);
  expect(play.theatre.painted.at(-1)?.waiting).toEqual([1]);
  play.send({ type: "near", panel: 1, near: 1 });
  play.theatre.play();
  expect(play.paints(1)).toBe(1);
});

test("what is in sight is painted before what is only near", () => {
  const play = new Play();
  for (const panel of [1, 2, 3]) play.open(panel, 1);
  for (const panel of [4, 5]) play.open(panel, 2);
  play.theatre.frame();
  expect([4, 5].map((panel) => play.paints(panel))).toEqual([1, 1]);
  expect([1, 2, 3].map((panel) => play.paints(panel))).toEqual([0, 0, 0]);
  play.theatre.play();
  expect([1, 2, 3].map((panel) => play.paints(panel))).toEqual([1, 1, 1]);
});

test("scrolling on cancels what has not been painted yet", () => {
  const play = new Play();
  for (const panel of [1, 2, 3, 4]) play.open(panel, 2);
  play.theatre.frame();
  play.send({ type: "near", panel: 4, near: 0 });
  play.theatre.play();
  expect([1, 2, 3, 4].map((panel) => play.paints(panel))).toEqual([1, 1, 1, 0]);
});

test("panels that change all the time do not starve the others", () => {
  const play = new Play();
  for (let panel = 1; panel <= 6; panel += 1) play.open(panel, 2);
  play.theatre.frame();
  for (let round = 0; round < 6; round += 1) {
    for (let panel = 1; panel <= 6; panel += 1) {
      const tails = [{ id: "a", x: Float64Array.of(3 + round), y: Float64Array.of(1) }];
      play.send({ type: "append", panel, tails });
    }
    play.theatre.turn();
  }
  const paints = [1, 2, 3, 4, 5, 6].map((panel) => play.paints(panel));
  expect(Math.min(...paints)).toBeGreaterThanOrEqual(2);
});

test("a focus that a panel does not hold repaints nothing, and is shown all the same", () => {
  const play = new Play();
  play.open(1, 2);
  play.theatre.play();
  play.send({ type: "focus", group: "elsewhere" });
  play.theatre.play();
  expect(play.paints(1)).toBe(1);
  expect(play.theatre.painted.at(-1)).toMatchObject({ revision: 2, waiting: [], panels: [] });
});

test("a hidden line is not drawn, and the axis no longer reaches for it", () => {
  const play = new Play();
  play.open(1, 2);
  play.theatre.play();
  play.send({ type: "hidden", groups: new Set(["a"]) });
  play.theatre.play();
  expect(play.paints(1)).toBe(1);
  expect(play.theatre.painted.at(-1)?.panels[0]?.frame.yDomain).toEqual([0, 1]);
});

test("nothing counts as painted until the axes have their face", async () => {
  const play = new Play();
  play.send({ type: "fonts", fonts: [{ family: "Inter", url: "inter.woff2" }] });
  play.open(1, 2);
  play.theatre.play();
  expect(play.theatre.painted.at(-1)?.waiting).toEqual([1]);
  await play.theatre.fontsArrive();
  play.theatre.play();
  expect(play.theatre.painted.at(-1)?.waiting).toEqual([]);
});

test("a panel's context that was lost and came back is painted again", () => {
  const play = new Play();
  play.open(1, 2);
  play.theatre.play();
  play.sheets.get(1)?.dispatchEvent(new Event("contextrestored"));
  play.theatre.play();
  expect(play.paints(1)).toBe(2);
});

test("an SVG is asked for and answered, whatever its size", async () => {
  const play = new Play();
  play.open(1, 0);
  play.send({ type: "ask", panel: 1, ask: 7, what: "svg", how: { width: 640, height: 400 } });
  await Promise.resolve();
  const answer = play.theatre.replies.find((reply) => reply.type === "answer");
  expect(answer).toMatchObject({ ask: 7, value: expect.stringContaining('width="640"') });
});

test("pixels of a panel that was never painted are refused with the reason", async () => {
  const play = new Play();
  play.open(1, 0);
  play.send({ type: "ask", panel: 1, ask: 8, what: "pixels", how: {} });
  await Promise.resolve();
  expect(play.theatre.replies.find((reply) => reply.type === "refused")).toMatchObject({
    ask: 8,
    reason: expect.stringContaining("not painted"),
  });
});
