/** What the engine takes from the browser that it runs in: a worker, and the page's font for it. */
import interUrl from "@fontsource-variable/inter/files/inter-latin-wght-normal.woff2?url";
import { ChartHub } from "./hub";
import type { FontSource, HubOptions } from "./types";

export const PAGE_FONTS: readonly FontSource[] = [
  { family: "Inter Variable", url: interUrl, weight: "100 900" },
];

export function startWorker(): Worker {
  return new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
}

/** A hub with its worker and the page's font, for lines that are runs. */
export function runsHub(options: Pick<HubOptions, "layers" | "onError">): ChartHub {
  return new ChartHub({ workerFactory: startWorker, fonts: PAGE_FONTS, noun: "run", ...options });
}
