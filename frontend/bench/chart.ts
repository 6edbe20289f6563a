/** The bench page: paints the cases of the budgets, and answers to bench/chart_engine.py. */

import interUrl from "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2?url";
import { FrameReader } from "../src/api/frame.ts";
import { pack } from "../src/api/frame-fixture.ts";
import { ChartHub, type ChartPanel, darkTheme, lightTheme } from "../src/chart/index.ts";
import type { ChartPlot } from "../src/chart/plot-types.ts";
import { createPlot } from "../src/chart/plots/index.ts";
import { gallery, parallel } from "./plots.ts";
import { METRICS, makeLines, type Metric, type Shape } from "./curves.ts";

interface Case extends Shape {
  readonly panels: number;
  readonly smoothing?: number;
  readonly theme?: "light" | "dark";
  readonly columns?: number;
  readonly plot?: number;
  readonly onPage?: boolean;
}

const grid = document.getElementById("grid") as HTMLElement;
const longTasks: number[] = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) longTasks.push(entry.duration);
}).observe({ type: "longtask", buffered: false });

let hub: ChartHub | null = null;
let panels: ChartPanel[] = [];

const frame = (): Promise<number> => new Promise(requestAnimationFrame);
const pause = (ms: number): Promise<void> => new Promise((done) => setTimeout(done, ms));

function hosts(count: number, metrics: readonly Metric[]): HTMLElement[] {
  grid.replaceChildren();
  return Array.from({ length: count }, (_, i) => {
    const box = document.createElement("section");
    box.className = "panel";
    const title = document.createElement("h2");
    title.textContent = metrics[i % metrics.length]!.key;
    const plot = document.createElement("div");
    plot.className = "plot";
    box.append(title, plot);
    grid.append(box);
    return plot;
  });
}

async function open(what: Case): Promise<void> {
  hub?.destroy();
  document.body.dataset.theme = what.theme ?? "light";
  grid.style.setProperty("--columns", String(what.columns ?? 3));
  grid.style.setProperty("--plot", `${what.plot ?? 186}px`);
  hub = new ChartHub({
    theme: what.theme === "dark" ? darkTheme : lightTheme,
    fonts: [
      { family: "Inter Variable", url: new URL(interUrl, location.href).href, weight: "100 900" },
    ],
    noun: "run",
    ...(what.onPage ? { workerFactory: null } : {}),
  });
  panels = [];
  plots = [];
}

/** Milliseconds from the first panel's creation until all of them are on the screen. */
async function paint(what: Case): Promise<{ ms: number; longest: number; ink: number[] }> {
  const data = Array.from({ length: what.panels }, (_, i) =>
    makeLines(METRICS[i % METRICS.length]!, what, i),
  );
  await open(what);
  // The worker starts with the page, long before data comes: it is warm here, too.
  const probe = hub!.createPanel(hosts(1, METRICS)[0]!);
  await hub!.painted();
  probe.destroy();
  const places = hosts(what.panels, METRICS);
  await document.fonts.ready;
  await pause(300);
  longTasks.length = 0;
  const start = performance.now();
  panels = places.map((host, i) => {
    const metric = METRICS[i % METRICS.length]!;
    const panel = hub!.createPanel(host, {
      title: metric.key,
      yScale: metric.log ? "log" : "linear",
      clipOutliers: metric.clip ?? false,
      smoothing: what.smoothing ?? 0,
    });
    panel.setLines(data[i]!);
    return panel;
  });
  await hub!.painted();
  await frame();
  const ms = performance.now() - start;
  await pause(100);
  const counts = await Promise.all(panels.map((panel) => panel.pixels()));
  return { ms, longest: Math.max(0, ...longTasks), ink: counts.map(({ ink }) => ink) };
}

/** Main-thread time of one pointer move over all panels, many times. */
async function hover(moves: number): Promise<number[]> {
  const host = panels[0]!.host;
  const { left, top, width, height } = host.getBoundingClientRect();
  const times: number[] = [];
  for (let i = 0; i < moves; i += 1) {
    const clientX = left + 50 + ((width - 70) * ((i * 37) % moves)) / moves;
    const event = new PointerEvent("pointermove", {
      clientX,
      clientY: top + height / 2,
      bubbles: true,
    });
    const start = performance.now();
    host.dispatchEvent(event);
    times.push(performance.now() - start);
    await frame();
  }
  return times;
}

/** Appends to every line of every panel at 10 Hz; counts the page's frames and the repaints. */
async function live(seconds: number): Promise<{ fps: number; repaints: number; longest: number }> {
  const before = panels.map((panel) => Number(panel.host.dataset.painted));
  longTasks.length = 0;
  let frames = 0;
  const start = performance.now();
  let next = start;
  let step = 200_000;
  while (performance.now() - start < seconds * 1000) {
    if (performance.now() >= next) {
      next += 100;
      step += 50;
      for (const panel of panels) {
        for (const { id, last } of panel.summaries()) panel.append(id, [step], [last]);
      }
    }
    await frame();
    frames += 1;
  }
  const took = (performance.now() - start) / 1000;
  const repaints = panels.map((panel, i) => Number(panel.host.dataset.painted) - before[i]!);
  return {
    fps: frames / took,
    repaints: Math.min(...repaints) / took,
    longest: Math.max(0, ...longTasks),
  };
}

/** Milliseconds to decode a frame of so many lines of four columns, as it comes from the server. */
function decode(lines: number, points: number): number {
  const values = Array.from({ length: points }, (_, i) => Math.sin(i));
  const columns = {
    x: ["f64", values],
    last: ["f32", values],
    low: ["f32", values],
    high: ["f32", values],
  } satisfies Parameters<typeof pack>[1][number]["columns"];
  const series = Array.from({ length: lines }, (_, i) => ({
    fields: { run: `run-${i}`, n: points, logged: points },
    columns,
  }));
  const bytes = pack({ type: "curve", key: "loss", x: "step", width: 1 }, series);
  const start = performance.now();
  const [frame] = new FrameReader().push(bytes);
  const took = performance.now() - start;
  const n = frame?.type === "curve" ? (frame.series.at(-1)?.columns.high?.at(-1) ?? NaN) : NaN;
  if (n !== Math.fround(Math.sin(points - 1))) throw new Error("the frame was not decoded");
  return took;
}

let plots: ChartPlot[] = [];

/** One plot of each kind. */
async function showPlots(theme: "light" | "dark"): Promise<number[]> {
  await open({ panels: 0, lines: 0, points: 0, theme, plot: 260 });
  const specs = gallery();
  const places = hosts(specs.length, METRICS);
  await document.fonts.ready;
  plots = specs.map((spec, i) => {
    const host = places[i]!;
    const box = host.parentElement!;
    box.firstElementChild!.textContent = spec.title;
    if (spec.type === "parallel") box.style.gridColumn = "1 / -1";
    return createPlot(hub!, host, spec);
  });
  await hub!.painted();
  const counts = await Promise.all(plots.map((plot) => plot.pixels()));
  return counts.map(({ ink }) => ink);
}

/** Repaints each second while an axis of many rows is brushed, and the page's frames meanwhile. */
async function brush(rows: number, seconds: number): Promise<{ repaints: number; fps: number }> {
  await open({ panels: 0, lines: 0, points: 0, plot: 360, columns: 1 });
  const [host] = hosts(1, METRICS);
  const plot = createPlot(hub!, host!, parallel(rows));
  plots = [plot];
  await hub!.painted();
  const { left, top } = host!.getBoundingClientRect();
  const { plot: rect } = plot.frame!;
  const at = (y: number): PointerEventInit => ({
    clientX: left + rect.left,
    clientY: top + y,
    bubbles: true,
    pointerId: 1,
    button: 0,
  });
  host!.setPointerCapture = () => {};
  host!.dispatchEvent(new PointerEvent("pointerdown", at(rect.top + 20)));
  const before = Number(host!.dataset.painted);
  const start = performance.now();
  let frames = 0;
  while (performance.now() - start < seconds * 1000) {
    const share = ((performance.now() - start) / 700) % 1;
    const y = rect.top + 30 + share * (rect.height - 40);
    host!.dispatchEvent(new PointerEvent("pointermove", at(y)));
    await frame();
    frames += 1;
  }
  const took = (performance.now() - start) / 1000;
  host!.dispatchEvent(new PointerEvent("pointerup", at(rect.top + rect.height / 2)));
  return { repaints: (Number(host!.dataset.painted) - before) / took, fps: frames / took };
}

async function base64(blob: Blob): Promise<string> {
  const bytes = new Uint8Array(await blob.arrayBuffer());
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
}

/** Pictures for print and scripts of all that is shown now, files by name. */
async function print(): Promise<Record<string, string>> {
  const shown = [...panels, ...plots];
  const how = { width: 89, height: 60, unit: "mm", title: true } as const;
  const files: Record<string, string> = {};
  for (const [i, one] of shown.entries()) {
    files[`${i}.pdf`] = await base64(await one.publish({ ...how, format: "pdf", font: "serif" }));
    files[`${i}.svg`] = await base64(await one.publish({ ...how, format: "svg", legend: "right" }));
    files[`${i}.py`] = await base64(new Blob([await one.exportMatplotlib()]));
    files[`${i}.csv`] = await base64(new Blob([one.exportCsv()]));
  }
  return files;
}

const bench = { paint, hover, live, decode, showPlots, brush, print, hub: () => hub, panels: () => panels };
declare global {
  interface Window {
    bench: typeof bench;
  }
}
window.bench = bench;
