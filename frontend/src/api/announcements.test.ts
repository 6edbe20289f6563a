import { describe, expect, it } from "vitest";
import { changed, changePages, patchKeys, patchPages } from "./announcements";
import type { RunPages } from "./queries";
import type { Run } from "./types";

const run = (id: string, created_at: number, state: Run["state"] = "running") =>
  ({ id, created_at, state, config: { lr: 1 }, summary: {} }) as unknown as Run;
const pages = (...runs: Run[]): RunPages => ({
  pages: [{ items: runs, next: null, total: runs.length }],
  pageParams: [null],
});
const newest = { q: "", sort: "-created_at", states: [] };
const ids = (held: RunPages) => held.pages.flatMap((page) => page.items.map((one) => one.id));

describe("a list of runs that hears of changes", () => {
  it("keeps order and config, and takes the new state", () => {
    const next = patchPages(
      pages(run("b", 2), run("a", 1)),
      [{ id: "a", state: "finished" }],
      newest,
    );
    expect(ids(next)).toEqual(["b", "a"]);
    expect(next.pages[0]?.items[1]).toMatchObject({ state: "finished", config: { lr: 1 } });
  });

  it("puts a new run on top where the newest are on top", () => {
    const next = patchPages(pages(run("a", 1)), [{ id: "b", created_at: 2 }], newest);
    expect(ids(next)).toEqual(["b", "a"]);
    expect(next.pages[0]?.total).toBe(2);
  });

  it("does not guess where a new run belongs in a filtered or otherwise sorted list", () => {
    const held = pages(run("a", 1));
    const fresh = [{ id: "b", created_at: 2 }];
    expect(patchPages(held, fresh, { ...newest, q: "x" })).toBe(held);
    expect(patchPages(held, fresh, { ...newest, sort: "name" })).toBe(held);
  });

  it("does not take an old run, on a page not loaded yet, for a new one", () => {
    const held = pages(run("b", 5));
    expect(patchPages(held, [{ id: "a", created_at: 1 }], newest)).toBe(held);
  });
});

describe("a run that hears of a change", () => {
  const known = { ...run("a", 1), summary: { loss: 1, acc: 2, note: "x" } } as Run;

  it("keeps what nothing was said of, and drops what is gone", () => {
    const next = changed(known, { id: "a", summary: { loss: 0.5 }, unset: ["note"] });
    expect(next.summary).toEqual({ loss: 0.5, acc: 2 });
    expect(next.config).toBe(known.config);
    expect(changed(known, { id: "a", state: "finished" }).summary).toBe(known.summary);
  });

  it("changes in the list it stands in; other lists stay the same object", () => {
    const held = pages(run("b", 2), known);
    const next = changePages(held, [{ id: "a", summary: { loss: 0.5 } }]);
    expect(next.pages[0]?.items[1]?.summary).toEqual({ loss: 0.5, acc: 2, note: "x" });
    expect(next.pages[0]?.items[0]).toBe(held.pages[0]?.items[0]);
    expect(changePages(held, [{ id: "z", state: "failed" }])).toBe(held);
  });
});

it("new keys join at the end, known ones change nothing", () => {
  const keys = [{ key: "loss", kind: "number" as const, runs: 3 }];
  expect(patchKeys(keys, [{ key: "loss", kind: "number" }])).toBe(keys);
  const more = patchKeys(keys, [{ key: "acc", kind: "number" }]);
  expect(more.map((one) => one.key)).toEqual(["loss", "acc"]);
});
