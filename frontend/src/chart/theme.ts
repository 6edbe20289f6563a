/** The tokens of the two themes that a chart is painted with, and their names as CSS variables. */

import type { ChartTheme } from "./types";

const FONT = '"Inter Variable", Inter, system-ui, -apple-system, "Segoe UI", Roboto, sans-serif';

export const lightTheme: ChartTheme = {
  mode: "light",
  font: FONT,
  panel: "#ffffff",
  raised: "#ffffff",
  grid: "#edeff3",
  line: "#e3e6eb",
  lineStrong: "#d0d5dd",
  text1: "#12161d",
  text2: "#4a5363",
  text3: "#69727f",
  accent: "#2456d6",
  selected: "#eef3fe",
  crosshair: "#8a93a3",
  bad: "#c02536",
};

export const darkTheme: ChartTheme = {
  mode: "dark",
  font: FONT,
  panel: "#14171c",
  raised: "#1b1f26",
  grid: "#1e232b",
  line: "#242932",
  lineStrong: "#343b47",
  text1: "#eceff4",
  text2: "#b2bac6",
  text3: "#8b94a3",
  accent: "#5b8cff",
  selected: "#17203a",
  crosshair: "#788394",
  bad: "#ff7b88",
};

const VARIABLES: readonly (readonly [string, keyof ChartTheme])[] = [
  ["--chart-panel", "panel"],
  ["--chart-raised", "raised"],
  ["--chart-line", "line"],
  ["--chart-line-strong", "lineStrong"],
  ["--chart-text-1", "text1"],
  ["--chart-text-2", "text2"],
  ["--chart-text-3", "text3"],
  ["--chart-accent", "accent"],
  ["--chart-selected", "selected"],
  ["--chart-crosshair", "crosshair"],
];

/** Writes the theme's tokens on an element of the engine, for chart.css to use. */
export function dress(element: HTMLElement, theme: ChartTheme): void {
  for (const [name, token] of VARIABLES) element.style.setProperty(name, theme[token]);
  element.style.colorScheme = theme.mode;
}
