/** The bench page: paints the cases of the budgets, and answers to bench/chart_engine.py. */

import interUrl from "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2?url";
import { ChartHub, type ChartPanel, darkTheme, lightTheme } from "../src/chart/index.ts";
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
    noun: "runs",
    ...(what.onPage ? { workerFactory: null } : {}),
  });
  panels = [];
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
      logY: metric.log ?? false,
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

const bench = { paint, hover, live, hub: () => hub, panels: () => panels };
declare global {
  interface Window {
    bench: typeof bench;
  }
}
window.bench = bench;
