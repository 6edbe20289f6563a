/** Sight: how big each panel is, how near to the window, and how fine the screen. */

import type { Near } from "./messages";

export interface Seen {
  sized(width: number, height: number, ratio: number): void;
  near(near: Near): void;
}

interface Watched {
  readonly seen: Seen;
  /** null until the browser has said so for the first time. */
  inSight: boolean | null;
  within: boolean;
}

export class Sight {
  private readonly hosts = new Map<Element, Watched>();
  private readonly sizes = new ResizeObserver((entries) => this.measure(entries));
  private readonly sight: IntersectionObserver;
  private readonly vicinity: IntersectionObserver;
  private screen: MediaQueryList | null = null;

  constructor() {
    this.sight = new IntersectionObserver((entries) => this.note(entries, "inSight"));
    // scrollMargin reaches out of scrolling containers, where rootMargin does not.
    const margin = { rootMargin: "100% 0px", scrollMargin: "100% 0px" };
    this.vicinity = new IntersectionObserver((entries) => this.note(entries, "within"), margin);
    this.watchScreen();
  }

  watch(host: HTMLElement, seen: Seen): void {
    this.hosts.set(host, { seen, inSight: null, within: false });
    this.sizes.observe(host);
    this.sight.observe(host);
    this.vicinity.observe(host);
  }

  forget(host: HTMLElement): void {
    this.hosts.delete(host);
    this.sizes.unobserve(host);
    this.sight.unobserve(host);
    this.vicinity.unobserve(host);
  }

  destroy(): void {
    this.hosts.clear();
    this.sizes.disconnect();
    this.sight.disconnect();
    this.vicinity.disconnect();
    this.screen?.removeEventListener("change", this.onScreen);
  }

  private measure(entries: readonly ResizeObserverEntry[]): void {
    for (const { target, contentRect } of entries) {
      const { width, height } = contentRect;
      this.hosts.get(target)?.seen.sized(width, height, devicePixelRatio);
    }
  }

  private note(entries: readonly IntersectionObserverEntry[], what: "inSight" | "within"): void {
    for (const { target, isIntersecting } of entries) {
      const record = this.hosts.get(target);
      if (!record) continue;
      record[what] = isIntersecting;
      if (record.inSight === null) continue;
      record.seen.near(record.inSight ? 2 : record.within ? 1 : 0);
    }
  }

  /** A query for one density fires once, when the window goes to another screen. */
  private watchScreen(): void {
    this.screen?.removeEventListener("change", this.onScreen);
    this.screen = matchMedia(`(resolution: ${devicePixelRatio}dppx)`);
    this.screen.addEventListener("change", this.onScreen);
  }

  private readonly onScreen = (): void => {
    for (const [host, { seen }] of this.hosts) {
      seen.sized(host.clientWidth, host.clientHeight, devicePixelRatio);
    }
    this.watchScreen();
  };
}
