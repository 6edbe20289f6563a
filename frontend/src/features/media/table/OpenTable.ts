/**
 * A table that is open in the worker: its columns, and the rows that are on the screen.
 *
 * Rows come page by page; whoever shows one subscribes, and hears when its page is there.
 */
import type { FileRef, RunPlace } from "../../../api/file-place";
import type { Answer, Opened, Question, Row } from "./messages";
import type { View } from "./rows";

type Ask = Question extends infer One
  ? One extends Question
    ? Omit<One, "id" | "table">
    : never
  : never;

const PAGE = 100;
const KEPT = 40; // pages

/** The one worker of the page, and who waits for what it says. */
class Desk {
  private worker: Worker | null = null;
  private asked = 0;
  private readonly waiting = new Map<number, (answer: Answer) => void>();

  ask<T>(table: number, question: Ask): Promise<T> {
    this.worker ??= this.hire();
    this.asked += 1;
    const id = this.asked;
    this.worker.postMessage({ ...question, id, table });
    return new Promise((done, failed) => {
      this.waiting.set(id, (answer) => {
        if ("wrong" in answer) failed(new Error(answer.wrong));
        else done(answer.said as T);
      });
    });
  }

  private hire(): Worker {
    const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
    worker.addEventListener("message", ({ data }: MessageEvent<Answer>) => {
      this.waiting.get(data.id)?.(data);
      this.waiting.delete(data.id);
    });
    return worker;
  }
}

const desk = new Desk();
let made = 0;

export class OpenTable {
  private readonly name: number;
  private readonly pages = new Map<number, readonly Row[] | null>(); // null: on its way
  private readonly listeners = new Set<() => void>();
  private version = 0;
  private many = 0; // rows of the view

  constructor() {
    made += 1;
    this.name = made;
  }

  open(place: RunPlace, parts: readonly FileRef[]): Promise<Opened> {
    return desk.ask(this.name, { ask: "open", place, parts });
  }

  /** How many rows there are of a view, which the table shows from now on. */
  async show(view: View): Promise<number> {
    const many = await desk.ask<number>(this.name, { ask: "view", view });
    this.version += 1;
    this.many = many;
    this.pages.clear();
    return many;
  }

  csv(): Promise<Blob> {
    return desk.ask(this.name, { ask: "csv" });
  }

  close(): void {
    void desk.ask(this.name, { ask: "close" });
  }

  readonly subscribe = (listener: () => void): (() => void) => {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  };

  /** The row at a place of the view; asked for, and undefined until it is there. */
  row(at: number): Row | undefined {
    const page = Math.floor(at / PAGE);
    this.want(page);
    // Whoever scrolls finds the next page there, and no row is drawn twice.
    this.want(at % PAGE < PAGE / 2 ? page - 1 : page + 1);
    return this.pages.get(page)?.[at % PAGE];
  }

  private want(page: number): void {
    const isThere = page >= 0 && page * PAGE < this.many;
    if (isThere && !this.pages.has(page)) void this.fetch(page);
  }

  private async fetch(page: number): Promise<void> {
    this.pages.set(page, null);
    const { version } = this;
    const from = page * PAGE;
    try {
      const rows = await desk.ask<Row[]>(this.name, { ask: "rows", from, to: from + PAGE });
      if (version !== this.version) return; // of another view
      this.pages.set(page, rows);
    } catch {
      this.pages.delete(page); // closed meanwhile
    }
    for (const old of this.pages.keys()) {
      if (this.pages.size <= KEPT) break;
      this.pages.delete(old);
    }
    for (const listener of [...this.listeners]) listener();
  }
}
