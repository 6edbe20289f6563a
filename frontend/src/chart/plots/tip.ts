/** The tooltip of a plot: what is said of the item under the pointer. */

import { place } from "../placement";
import type { PlotHover } from "../plot-types";
import { dress } from "../theme";
import type { ChartTheme, Rect } from "../types";

const MOST = 12;

export class PlotTip {
  private readonly root = document.createElement("div");

  constructor(layers: HTMLElement) {
    this.root.className = "chart-tip";
    this.root.hidden = true;
    layers.append(this.root);
  }

  dress(theme: ChartTheme): void {
    dress(this.root, theme);
    this.root.dataset.theme = theme.mode;
  }

  /** `at` and `plot` are in pixels of the window. */
  show(hover: PlotHover, at: { readonly x: number; readonly y: number }, plot: Rect): void {
    const head = document.createElement("div");
    head.className = "chart-tip-head";
    head.append(part("strong", "chart-tip-x", hover.name));
    const rows = hover.facts.slice(0, MOST).map(({ label, value }) => {
      const row = part("div", "chart-tip-row", "");
      row.append(part("span", "chart-tip-name", label), part("span", "chart-tip-value", value));
      return row;
    });
    this.root.replaceChildren(head, ...rows);
    this.root.hidden = false;
    this.root.style.width = "auto";
    const size = { width: this.root.offsetWidth, height: this.root.offsetHeight };
    const { x, y } = place(size, at, plot, [], { width: innerWidth, height: innerHeight });
    this.root.style.transform = `translate(${Math.round(x)}px, ${Math.round(y)}px)`;
  }

  hide(): void {
    this.root.hidden = true;
  }

  destroy(): void {
    this.root.remove();
  }
}

function part(tag: string, name: string, text: string): HTMLElement {
  const made = document.createElement(tag);
  made.className = name;
  made.textContent = text;
  return made;
}
