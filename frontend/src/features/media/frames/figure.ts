/**
 * A figure as its file holds it, in the colours of the page.
 *
 * Only the template is dressed, which is what a figure falls back to: a colour that its author
 * chose stays as it was chosen.
 */
import { type ChartTheme, darkTheme, lightTheme } from "../../../chart";

type Part = Record<string, unknown>;

export interface Figure {
  data: unknown[];
  layout: Part;
  frames: unknown[];
}

const isPart = (value: unknown): value is Part =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const part = (value: unknown): Part => (isPart(value) ? value : {});

/** Null where the text is no figure. */
export function readFigure(text: string, mode: "light" | "dark"): Figure | null {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return null;
  }
  if (!isPart(said) || !Array.isArray(said.data)) return null;
  const frames = Array.isArray(said.frames) ? said.frames : [];
  return { data: said.data, layout: dressed(part(said.layout), mode), frames };
}

export function dressed(layout: Part, mode: "light" | "dark"): Part {
  const theme = mode === "dark" ? darkTheme : lightTheme;
  const template = part(layout.template);
  return {
    margin: { l: 56, r: 16, t: isPart(layout.title) || layout.title ? 44 : 16, b: 44 },
    ...layout,
    template: { ...template, layout: themed(part(template.layout), theme) },
  };
}

function themed(layout: Part, theme: ChartTheme): Part {
  const axis = (name: string) => ({
    ...part(layout[name]),
    gridcolor: theme.grid,
    linecolor: theme.lineStrong,
    zerolinecolor: theme.lineStrong,
    automargin: true,
  });
  const face = (name: string) => ({
    ...part(layout[name]),
    backgroundcolor: theme.panel,
    gridcolor: theme.line,
    linecolor: theme.lineStrong,
    zerolinecolor: theme.lineStrong,
  });
  return {
    ...layout,
    paper_bgcolor: theme.panel,
    plot_bgcolor: theme.panel,
    font: { ...part(layout.font), family: theme.font, size: 11, color: theme.text2 },
    title: { ...part(layout.title), font: { size: 13, color: theme.text1 } },
    xaxis: axis("xaxis"),
    yaxis: axis("yaxis"),
    scene: {
      ...part(layout.scene),
      xaxis: face("xaxis"),
      yaxis: face("yaxis"),
      zaxis: face("zaxis"),
    },
    polar: { ...part(layout.polar), bgcolor: theme.panel },
    hoverlabel: {
      bgcolor: theme.raised,
      bordercolor: theme.lineStrong,
      font: { color: theme.text1, size: 12 },
    },
    modebar: { bgcolor: "rgba(0,0,0,0)", color: theme.text3, activecolor: theme.accent },
    legend: { ...part(layout.legend), bgcolor: "rgba(0,0,0,0)" },
  };
}
