// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test } from "vitest";
import { ChartHub, type ChartPanel, type Domain, darkTheme, type Hover } from "./index";
import { Recorder } from "./recorder";

/** Observers that see every host at once, 360 × 186 pixels and in sight. */
class SeesAtOnce {
  constructor(private readonly tell: (entries: object[]) => void) {}
  observe(target: Element): void {
    const contentRect = { width: 360, height: 186 };
    queueMicrotask(() => this.tell([{ target, contentRect, isIntersecting: true }]));
  }
  unobserve(): void {}
  disconnect(): void {}
}

const surfaces: Recorder[] = [];
const native = {
  resize: globalThis.ResizeObserver,
  sight: globalThis.IntersectionObserver,
  context: HTMLCanvasElement.prototype.getContext,
};
let hubs: ChartHub[] = [];

beforeEach(() => {
  surfaces.length = 0;
  Object.assign(globalThis, { ResizeObserver: SeesAtOnce, IntersectionObserver: SeesAtOnce });
  HTMLCanvasElement.prototype.getContext = function context(this: HTMLCanvasElement) {
    const surface = new Recorder();
    surfaces.push(surface);
    return surface;
  } as unknown as typeof native.context;
});

afterEach(() => {
  for (const hub of hubs) hub.destroy();
  hubs = [];
  Object.assign(globalThis, { ResizeObserver: native.resize, IntersectionObserver: native.sight });
  HTMLCanvasElement.prototype.getContext = native.context;
  document.body.replaceChildren();
});

interface Heard {
  readonly hovers: (Hover | null)[];
  readonly zooms: (Domain | null)[];
}

async function open(count: number): Promise<{ hub: ChartHub; panels: ChartPanel[]; heard: Heard }> {
  const heard: Heard = { hovers: [], zooms: [] };
  const hub = new ChartHub({
    workerFactory: null,
    noun: "run",
    onHover: (hover) => heard.hovers.push(hover),
    onZoom: (domain) => heard.zooms.push(domain),
  });
  hubs.push(hub);
  const panels = Array.from({ length: count }, (_, i) => {
    const host = document.createElement("div");
    document.body.append(host);
    const panel = hub.createPanel(host, { title: `metric ${i}` });
    panel.setLines(
      ["a", "b", "c"].map((id, k) => ({
        id,
        name: `run ${id}`,
        color: { light: "#0000ff", dark: "#aaaaff" },
        x: Float64Array.from({ length: 101 }, (_v, x) => x),
        y: Float64Array.from({ length: 101 }, () => k * 10),
      })),
    );
    return panel;
  });
  await hub.painted();
  return { hub, panels, heard };
}

function pointer(panel: ChartPanel, type: string, x: number, y: number, more = {}): void {
  panel.host.setPointerCapture = () => {};
  panel.host.dispatchEvent(
    new PointerEvent(type, { clientX: x, clientY: y, bubbles: true, pointerId: 1, ...more }),
  );
}

const key = (panel: ChartPanel, name: string, more = {}): void => {
  panel.host.dispatchEvent(new KeyboardEvent("keydown", { key: name, bubbles: true, ...more }));
};

const at = (panel: ChartPanel, share: number): number => {
  const plot = panel.frame?.plot ?? { left: 0, width: 0 };
  return plot.left + share * plot.width;
};

const tip = (): HTMLElement => document.querySelector(".chart-tip") as HTMLElement;
const rows = (): (string | null)[] =>
  [...document.querySelectorAll<HTMLElement>(".chart-tip-row")]
    .filter((row) => !row.hidden)
    .map((row) => row.textContent);

test("a painted panel counts its paints on its host", async () => {
  const { panels, hub } = await open(1);
  const before = Number(panels[0]?.host.dataset.painted);
  expect(before).toBeGreaterThan(0);
  panels[0]?.setOptions({ yScale: "log" });
  await hub.painted();
  expect(Number(panels[0]?.host.dataset.painted)).toBe(before + 1);
});

test("the crosshair stands at the same x in every panel", async () => {
  const { panels, heard } = await open(3);
  const [first] = panels as [ChartPanel];
  pointer(first, "pointermove", at(first, 0.5), 80);
  const crosses = [...document.querySelectorAll<HTMLElement>(".chart-cross")];
  expect(crosses.map((cross) => cross.hidden)).toEqual([false, false, false]);
  expect(new Set(crosses.map((cross) => cross.style.transform)).size).toBe(1);
  expect(heard.hovers.at(-1)).toMatchObject({ x: 50, panel: first });
});

test("the tooltip says the step, and its lines as they stand from top to bottom", async () => {
  const { panels } = await open(1);
  const [panel] = panels as [ChartPanel];
  pointer(panel, "pointermove", at(panel, 0.5), 12);
  expect(tip().hidden).toBe(false);
  expect(tip().querySelector(".chart-tip-head")?.textContent).toBe("step50");
  expect(rows()).toEqual(["run c20", "run b10", "run a0"]);
  pointer(panel, "pointerleave", 0, 0);
  expect(tip().hidden).toBe(true);
});

test("a click pins the tooltip and a second one lets it go", async () => {
  const { panels } = await open(1);
  const [panel] = panels as [ChartPanel];
  const click = (): void => {
    pointer(panel, "pointerdown", at(panel, 0.5), 80);
    pointer(panel, "pointerup", at(panel, 0.5), 80);
  };
  pointer(panel, "pointermove", at(panel, 0.5), 80);
  click();
  pointer(panel, "pointerleave", 0, 0);
  expect(tip().hidden).toBe(false);
  expect(tip().hasAttribute("data-pinned")).toBe(true);
  click();
  expect(tip().hidden).toBe(true);
});

test("dragging zooms every panel, and a double click comes back", async () => {
  const { panels, heard, hub } = await open(2);
  const [first, second] = panels as [ChartPanel, ChartPanel];
  pointer(first, "pointerdown", at(first, 0.2), 80);
  pointer(first, "pointermove", at(first, 0.4), 80);
  pointer(first, "pointerup", at(first, 0.4), 80);
  await hub.painted();
  expect(heard.zooms).toEqual([[20, 40]]);
  expect([first.frame?.xDomain, second.frame?.xDomain]).toEqual([
    [20, 40],
    [20, 40],
  ]);
  first.host.dispatchEvent(new MouseEvent("dblclick", { bubbles: true }));
  await hub.painted();
  expect(heard.zooms.at(-1)).toBeNull();
  expect(second.frame?.xDomain).toEqual([0, 100]);
});

test("a zoom that was refilled with its own part of the data still knows the whole", async () => {
  const { panels, heard, hub } = await open(1);
  const [panel] = panels as [ChartPanel];
  const part = (from: number, to: number) => [
    {
      id: "a",
      name: "run a",
      color: "#0000ff",
      x: Float64Array.from({ length: to - from + 1 }, (_, i) => from + i),
      y: new Float64Array(to - from + 1),
    },
  ];
  for (const _ of [1, 2]) key(panel, "+");
  panel.setLines(part(30, 70));
  key(panel, "-");
  expect(heard.zooms.at(-1)).toEqual([25, 75]);
  key(panel, "0");
  await hub.painted();
  expect(panel.frame?.xDomain).toEqual([0, 100]);
  panel.setLines(part(0, 80));
  await hub.painted();
  expect(panel.frame?.xDomain).toEqual([0, 80]);
});

test("without sync a panel zooms alone", async () => {
  const { panels, hub } = await open(2);
  const [first, second] = panels as [ChartPanel, ChartPanel];
  hub.setSyncZoom(false);
  first.host.focus();
  key(first, "+");
  await hub.painted();
  expect(first.frame?.xDomain).toEqual([25, 75]);
  expect(second.frame?.xDomain).toEqual([0, 100]);
});

test("all that the pointer does, the keyboard does", async () => {
  const { panels, heard, hub } = await open(1);
  const [panel] = panels as [ChartPanel];
  expect(panel.host.tabIndex).toBe(0);
  expect(panel.host.getAttribute("aria-label")).toContain("metric 0: 3 runs, step 0 to 100");
  key(panel, "ArrowRight");
  key(panel, "ArrowRight");
  expect(heard.hovers.at(-1)?.x).toBe(51);
  key(panel, "ArrowLeft");
  expect(heard.hovers.at(-1)?.x).toBe(50);
  key(panel, "End");
  expect(heard.hovers.at(-1)?.x).toBe(100);
  key(panel, "ArrowRight");
  expect(heard.hovers.at(-1)?.x).toBe(100);
  expect(document.querySelector(".chart-speech")?.textContent).toContain("step 100: run a 0");
  key(panel, "ArrowUp");
  expect(document.querySelector(".chart-speech")?.textContent).toContain("step 100: run b 10");
  key(panel, "+");
  key(panel, "0");
  await hub.painted();
  expect(heard.zooms.map((zoom) => zoom === null)).toEqual([false, true]);
  key(panel, "Escape");
  expect(heard.hovers.at(-1)).toBeNull();
});

test("focusing a group dims the others in every panel", async () => {
  const { hub } = await open(2);
  for (const surface of surfaces) surface.strokes.length = 0;
  hub.setFocus("b");
  await hub.painted();
  const widths = surfaces.map((surface) => surface.of("#0000ff").map(({ width }) => width));
  for (const seen of widths) expect(seen.filter((width) => width === 2.25)).toHaveLength(1);
});

test("hidden groups are neither drawn nor read nor exported", async () => {
  const { hub, panels } = await open(1);
  hub.setHidden(new Set(["a", "c"]));
  await hub.painted();
  const [panel] = panels as [ChartPanel];
  expect(panel.readout(50).map(({ id }) => id)).toEqual(["b"]);
  expect(panel.exportCsv()).not.toContain("run a");
  expect(panel.toTable().columns).toEqual(["step", "run b"]);
});

test("a change of theme changes colours without sending data again", async () => {
  const { hub } = await open(1);
  for (const surface of surfaces) surface.strokes.length = 0;
  hub.setTheme(darkTheme);
  await hub.painted();
  expect(surfaces[0]?.of("#aaaaff").length).toBeGreaterThan(0);
  expect(surfaces[0]?.of("#0000ff")).toEqual([]);
});

test("appended points are read at once and painted soon", async () => {
  const { hub, panels } = await open(1);
  const [panel] = panels as [ChartPanel];
  panel.append("a", [200], [77]);
  expect(panel.readout(200).map(({ value }) => value)).toContain(77);
  await hub.painted();
  expect(panel.frame?.xDomain).toEqual([0, 200]);
  expect(panel.summaries()[0]).toMatchObject({ id: "a", last: 77, points: 102 });
});

/** A browser that could paint in a worker, were there one that works. */
function withWorkers(): () => void {
  const prototype = HTMLCanvasElement.prototype as { transferControlToOffscreen?: unknown };
  const before = { OffscreenCanvas: globalThis.OffscreenCanvas, Worker: globalThis.Worker };
  prototype.transferControlToOffscreen = () => ({});
  Object.assign(globalThis, { OffscreenCanvas: Object, Worker: Object });
  return () => {
    delete prototype.transferControlToOffscreen;
    Object.assign(globalThis, before);
  };
}

function lineOn(hub: ChartHub): ChartPanel {
  hubs.push(hub);
  const host = document.createElement("div");
  document.body.append(host);
  const panel = hub.createPanel(host);
  panel.setLines([
    { id: "a", name: "a", color: "#0000ff", x: Float64Array.of(0, 1), y: Float64Array.of(1, 2) },
  ]);
  return panel;
}

test("a worker that cannot start is reported, and the page paints instead", async () => {
  const restore = withWorkers();
  const errors: string[] = [];
  const hub = new ChartHub({
    workerFactory: () => {
      throw new Error("refused by policy");
    },
    onError: (error) => errors.push(error.message),
  });
  lineOn(hub);
  await hub.painted();
  restore();
  expect(errors).toEqual(["refused by policy"]);
  expect(surfaces[0]?.of("#0000ff").length).toBeGreaterThan(0);
});

test("a worker that dies is replaced by the page, with all that was drawn", async () => {
  const restore = withWorkers();
  const worker = { postMessage() {}, terminate() {}, onerror: (_: { message: string }) => {} };
  const errors: string[] = [];
  const hub = new ChartHub({
    workerFactory: () => worker as unknown as Worker,
    onError: (error) => errors.push(error.message),
  });
  const panel = lineOn(hub);
  await Promise.resolve();
  expect(panel.frame).toBeNull();
  worker.onerror({ message: "out of memory" });
  await hub.painted();
  restore();
  expect(errors).toEqual(["out of memory"]);
  expect(surfaces[0]?.of("#0000ff").length).toBeGreaterThan(0);
  expect(panel.host.querySelectorAll("canvas")).toHaveLength(1);
});

test("a panel that is destroyed leaves its host as it was", async () => {
  const { panels } = await open(1);
  const [panel] = panels as [ChartPanel];
  panel.destroy();
  expect(panel.host.childElementCount).toBe(0);
  expect([...panel.host.attributes].map(({ name }) => name)).toEqual(["class", "style"]);
});

test("a hub that is destroyed leaves nothing on the page", async () => {
  const { hub } = await open(2);
  hub.destroy();
  expect(document.querySelectorAll(".chart-tip, .chart-speech, .chart-canvas")).toHaveLength(0);
});

test("Enter asks for the full screen, and keys of what lies within a panel are its own", async () => {
  const enlarged: unknown[] = [];
  const hub = new ChartHub({ workerFactory: null, onFullScreen: (panel) => enlarged.push(panel) });
  hubs.push(hub);
  const host = document.createElement("div");
  const button = document.createElement("button");
  document.body.append(host);
  const panel = hub.createPanel(host);
  host.append(button);
  host.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  button.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true }));
  expect(enlarged).toEqual([panel]);
});
