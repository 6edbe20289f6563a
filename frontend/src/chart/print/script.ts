/**
 * A Python script that draws the same with matplotlib: it carries the drawn data, needs nothing
 * else, and is made to be edited.
 */

import type { Act } from "../act";
import { LineAct } from "../act";
import { visibleRange } from "../domain";
import { resolveColor } from "../palette";
import type {
  BarSpec,
  BoxSpec,
  HeatSpec,
  MatrixSpec,
  ParallelSpec,
  PlotAxis,
  PlotSpec,
  ScatterSpec,
} from "../plot-types";
import type { PlotAct } from "../plots/act";
import { axisPlaces, brushed } from "../plots/places";
import { colorsOf } from "../plots/ramps";
import { scaleOf, symlogUnit } from "../scales";
import type { Look, Scene } from "../scene";
import { lightTheme } from "../theme";
import { localZone } from "../ticks";
import { Path, trace } from "../trace";
import type { Domain, ScaleKind } from "../types";

/** Points that one script carries of one line at most: beyond, what can be seen of it is kept. */
const MOST = 5000;

/** As Python writes it: JSON is Python, but for what is not there. */
function python(value: unknown): string {
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, (letter) => {
    return `\\u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`;
  });
}

function number(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  return String(Number(value.toPrecision(10)));
}

const list = (values: ArrayLike<number>): string => `[${Array.from(values, number).join(", ")}]`;

function head(): string[] {
  return [
    "import matplotlib.pyplot as plt",
    "",
    'nan, inf = float("nan"), float("inf")',
    'fig, ax = plt.subplots(figsize=(6, 3.4), layout="constrained")',
  ];
}

function scaled(which: "x" | "y", kind: ScaleKind, domain: Domain): string[] {
  if (kind === "linear") return [];
  if (kind === "log") return [`ax.set_${which}scale("log")`];
  return [`ax.set_${which}scale("symlog", linthresh=${number(symlogUnit(domain))})`];
}

function limits(which: "x" | "y", domain: Domain): string {
  return `ax.set_${which}lim(${number(domain[0])}, ${number(domain[1])})`;
}

const TAIL = ['# fig.savefig("figure.pdf")', "plt.show()", ""];

function plainLook(hidden: ReadonlySet<string>): Look {
  return {
    width: 600,
    height: 340,
    ratio: 1,
    theme: lightTheme,
    focus: null,
    hidden,
    zone: localZone,
    hairlines: false,
  };
}

export function scriptOf(act: Act, hidden: ReadonlySet<string>): string {
  const look = plainLook(hidden);
  const body =
    act instanceof LineAct ? lines(act.sceneOf(look)) : plot((act as PlotAct).state, look);
  const title = act.title ? [`ax.set_title(${python(act.title)})`] : [];
  return [...head(), ...body, ...title, ...TAIL].join("\n");
}

// ---- lines over x

function lines(scene: Scene): string[] {
  const { options, reach } = scene;
  const y = reach.y?.domain ?? ([0, 1] as const);
  const out = scene.lines.flatMap((line) => drawnLine(line, scene));
  const time = options.xKind === "wall" ? ["# x is in seconds since the epoch"] : [];
  return [
    ...time,
    ...out,
    ...scaled("x", options.xScale, reach.x),
    ...scaled("y", options.yScale, y),
    limits("x", reach.x),
    limits("y", y),
    `ax.set_xlabel(${python(options.xLabel)})`,
    "ax.grid(True, alpha=0.3)",
    ...(scene.lines.length <= 24 ? ["ax.legend(frameon=False, fontsize=8)"] : []),
  ];
}

type SceneLine = Scene["lines"][number];

function drawnLine(line: SceneLine, scene: Scene): string[] {
  const { options, reach } = scene;
  const color = line.data.baseline ? "#12161d" : resolveColor(line.data.color, "light");
  const dash = line.data.baseline ? [5, 3] : (line.data.dash ?? []);
  const style = dash.length > 0 ? `(0, (${dash.join(", ")}))` : '"-"';
  const out: string[] = [];
  const { spreadLow, spreadHigh } = line;
  if (options.band && spreadLow && spreadHigh) {
    const [from, to] = visibleRange(line, reach.x);
    const part = (column: ArrayLike<number>): string => list(Array.from(column).slice(from, to));
    out.push(
      `ax.fill_between(${part(line.x)}, ${part(spreadLow)}, ${part(spreadHigh)}, color="${color}", alpha=0.16, linewidth=0)`,
    );
  }
  const drawn = line.drawn(options);
  if (options.smoothing > 0) {
    const raw = points(line, line.y, scene);
    out.push(
      `ax.plot(${list(raw.x)}, ${list(raw.y)}, color="${color}", alpha=0.22, linewidth=0.8)`,
    );
  }
  const { x, y } = points(line, drawn, scene);
  const name = python(line.data.name);
  // A name that begins with an underscore would be left out of the legend.
  const label = line.data.name.startsWith("_") ? python(`\u200b${line.data.name}`) : name;
  out.push(
    `ax.plot(${list(x)}, ${list(y)}, color="${color}", linestyle=${style}, linewidth=1.2, label=${label})`,
  );
  return out;
}

/** The points in view; of very many, the corners that can be told apart on 1200 pixels. */
function points(line: SceneLine, y: ArrayLike<number>, { reach, options }: Scene) {
  const [from, to] = visibleRange(line, reach.x);
  if (to - from <= MOST) {
    const some = (column: ArrayLike<number>): number[] => Array.from(column).slice(from, to);
    return { x: some(line.x), y: some(y) };
  }
  const x = scaleOf(options.xScale, reach.x, [0, 1200]);
  const even = scaleOf("linear", reach.y?.domain ?? [0, 1], [0, 1]);
  const path = new Path();
  trace({ x: line.x, y: y as Float64Array, from, to }, x, even, { column: 1, standout: 0 }, path);
  const found = { x: [] as number[], y: [] as number[] };
  for (let i = 0; i < path.length; i += 2) {
    found.x.push(x.invert(path.xy[i] as number));
    found.y.push(even.invert(path.xy[i + 1] as number));
  }
  return found;
}

// ---- other plots

function plot({ spec, view }: PlotAct["state"], look: Look): string[] {
  switch (spec.type) {
    case "scatter":
      return scatter(spec, view, look);
    case "bar":
      return bars(spec, look);
    case "box":
      return boxes(spec, look);
    case "heat":
      return heat(spec);
    case "matrix":
      return matrix(spec);
    case "parallel":
      return parallel(spec, view.brushes, look);
  }
}

const shown = (spec: Extract<PlotSpec, { ids: unknown }>, { hidden }: Look): number[] =>
  spec.ids.flatMap((id, i) => (hidden.has(id) ? [] : [i]));

function axis(
  which: "x" | "y",
  { label, scale, domain }: PlotAxis,
  seen?: Domain | null,
): string[] {
  const range = seen ?? domain;
  return [
    ...scaled(which, scale ?? "linear", range ?? [0, 1]),
    ...(range ? [limits(which, range)] : []),
    `ax.set_${which}label(${python(label)})`,
  ];
}

function scatter(spec: ScatterSpec, view: PlotAct["state"]["view"], look: Look): string[] {
  const items = shown(spec, look);
  const pick = (values: ArrayLike<number>): string => list(items.map((i) => values[i] as number));
  const colorOf = colorsOf(spec, look);
  const color = spec.ramp
    ? `c=${pick(spec.ramp.values)}, cmap="viridis"${spec.ramp.scale === "log" ? ', norm="log"' : ""}`
    : `c=${python(items.map(colorOf))}`;
  return [
    `points = ax.scatter(${pick(spec.xs)}, ${pick(spec.ys)}, s=12, alpha=0.8, ${color})`,
    ...(spec.ramp ? [`fig.colorbar(points, label=${python(spec.ramp.label)})`] : []),
    ...axis("x", spec.x, view.x),
    ...axis("y", spec.y, view.y),
    "ax.grid(True, alpha=0.3)",
  ];
}

function names(spec: BarSpec | BoxSpec, items: readonly number[]): string {
  return python(items.map((i) => spec.names?.[i] ?? spec.ids[i]));
}

function bars(spec: BarSpec, look: Look): string[] {
  const items = shown(spec, look);
  const colorOf = colorsOf(spec, look);
  const value = (i: number): number => spec.values[i] as number;
  const { low, high } = spec;
  const errors =
    low && high
      ? `, xerr=[${list(items.map((i) => value(i) - (low[i] as number)))}, ${list(items.map((i) => (high[i] as number) - value(i)))}], capsize=2`
      : "";
  return [
    `places = range(${items.length})`,
    `ax.barh(places, ${list(items.map(value))}, color=${python(items.map(colorOf))}${errors})`,
    `ax.set_yticks(places, ${names(spec, items)})`,
    "ax.invert_yaxis()",
    ...axis("x", spec.value),
  ];
}

function boxes(spec: BoxSpec, look: Look): string[] {
  const items = shown(spec, look);
  const finite = (i: number): number[] => Array.from(spec.values[i] ?? []).filter(Number.isFinite);
  const data = `[${items.map((i) => list(finite(i))).join(", ")}]`;
  const draw =
    spec.shape === "violin"
      ? 'parts = ax.violinplot(data, showmedians=True, **across)["bodies"]'
      : 'parts = ax.boxplot(data, patch_artist=True, **across)["boxes"]';
  return [
    "import inspect",
    "",
    "# Older versions of matplotlib know no orientation.",
    'known = "orientation" in inspect.signature(ax.boxplot).parameters',
    'across = {"orientation": "horizontal"} if known else {"vert": False}',
    `data = ${data}`,
    draw,
    `for part, color in zip(parts, ${python(items.map(colorsOf(spec, look)))}):`,
    "    part.set_facecolor(color)",
    "    part.set_alpha(0.4)",
    `ax.set_yticks(range(1, ${items.length + 1}), ${names(spec, items)})`,
    "ax.invert_yaxis()",
    ...axis("x", spec.value),
  ];
}

function heat(spec: HeatSpec): string[] {
  const columns = spec.columns.map(
    ({ x, edges, counts }) => `    (${number(x)}, ${list(edges)}, ${list(counts)}),`,
  );
  return [
    "import numpy as np",
    "",
    "columns = [  # x, edges, counts",
    ...columns,
    "]",
    "xs = np.array([x for x, _, _ in columns])",
    "middles = (xs[1:] + xs[:-1]) / 2 if len(xs) > 1 else np.array([])",
    "first = xs[0] - (middles[0] - xs[0] if len(middles) else 0.5)",
    "last = xs[-1] + (xs[-1] - middles[-1] if len(middles) else 0.5)",
    "sides = np.concatenate([[first], middles, [last]])",
    "most = max(max(counts, default=0) for _, _, counts in columns) or 1",
    "for i, (_, edges, counts) in enumerate(columns):",
    "    cells = np.sqrt(np.array(counts, dtype=float) / most)[:, None]",
    '    ax.pcolormesh(sides[i : i + 2], edges, cells, cmap="Blues", vmin=0, vmax=1)',
    ...axis("x", spec.x),
    ...axis("y", spec.y),
  ];
}

function matrix(spec: MatrixSpec): string[] {
  const { rows, columns, values } = spec;
  const [low, high] = spec.domain ?? [-1, 1];
  const cells = rows.map((_, r) =>
    list(columns.map((_c, c) => values[r * columns.length + c] as number)),
  );
  return [
    `cells = [${cells.join(", ")}]`,
    `image = ax.imshow(cells, cmap="RdBu_r", vmin=${number(low)}, vmax=${number(high)}, aspect="auto")`,
    `ax.set_xticks(range(${columns.length}), ${python(columns)}, rotation=90)`,
    `ax.set_yticks(range(${rows.length}), ${python(rows)})`,
    `fig.colorbar(image, label=${python(spec.label)})`,
  ];
}

function parallel(
  spec: ParallelSpec,
  brushes: Readonly<Record<string, Domain>>,
  look: Look,
): string[] {
  const inside = brushed(spec, brushes, look.hidden);
  const items = [...inside.keys()].filter((i) => inside[i] === 1);
  const colorOf = colorsOf(spec, look);
  const places = spec.axes.map(axisPlaces);
  const rows = items.map(
    (i) => `    (${list(places.map(({ at }) => at[i] as number))}, "${colorOf(i)}"),`,
  );
  const ticks = places.flatMap((place, k) =>
    place.ticks.map(({ at, text }) => `    (${k}, ${number(at)}, ${python(text)}),`),
  );
  return [
    "rows = [  # places on the axes from 0 to 1, colour",
    ...rows,
    "]",
    "for places, color in rows:",
    "    ax.plot(range(len(places)), places, color=color, linewidth=0.6, alpha=0.6)",
    "for k, at, text in [",
    ...ticks,
    "]:",
    '    ax.text(k + 0.03, at, text, fontsize=7, va="center")',
    `ax.set_xticks(range(${spec.axes.length}), ${python(spec.axes.map(({ label }) => label))})`,
    `for k in range(${spec.axes.length}):`,
    '    ax.axvline(k, color="#d0d5dd", linewidth=0.8)',
    "ax.set_yticks([])",
    "ax.set_ylim(-0.02, 1.02)",
  ];
}
