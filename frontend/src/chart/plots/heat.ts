/** Cells: histograms over x, and a matrix of names by names. */

import { formatTick } from "../format";
import type { HeatSpec, MatrixSpec, Numbers } from "../plot-types";
import type { Look } from "../scene";
import type { Surface } from "../surface";
import type { Domain, Frame } from "../types";
import { clipped, drawGrid, valueSide } from "./axes";
import { divergingColor, extentOf, mix } from "./ramps";

/** Where each column begins and ends: halfway to its neighbours. */
export function columnEdges(xs: readonly number[]): readonly Domain[] {
  return xs.map((x, i) => {
    const before = xs[i - 1] ?? x - ((xs[i + 1] ?? x + 1) - x);
    const after = xs[i + 1] ?? x + (x - before);
    return [(before + x) / 2, (x + after) / 2];
  });
}

export function paintHeat(surface: Surface, spec: HeatSpec, look: Look): Frame {
  const edges = columnEdges(spec.columns.map(({ x }) => x));
  const ends = spec.columns.flatMap(({ edges: own }) => [
    own[0] ?? NaN,
    own[own.length - 1] ?? NaN,
  ]);
  const xDomain: Domain = [edges[0]?.[0] ?? 0, edges.at(-1)?.[1] ?? 1];
  const yDomain = extentOf(ends);
  const { frame, x, y } = drawGrid(surface, look, {
    x: valueSide({ ...spec.x, domain: spec.x.domain ?? xDomain }, []),
    y: valueSide({ ...spec.y, domain: spec.y.domain ?? yDomain }, ends),
  });
  const most = Math.max(1e-300, ...spec.columns.map(({ counts }) => extentOf(counts)[1]));
  clipped(surface, frame, () => {
    spec.columns.forEach((column, i) => {
      const [from, to] = edges[i] as Domain;
      const [left, right] = [Math.floor(x.map(from)), Math.ceil(x.map(to))];
      for (let k = 0; k < column.counts.length; k += 1) {
        const count = column.counts[k] as number;
        if (!(count > 0)) continue;
        const [bottom, top] = [
          y.map(column.edges[k] as number),
          y.map(column.edges[k + 1] as number),
        ];
        // Square roots: the few that lie far off are to be seen, too.
        surface.fillStyle = mix(
          look.theme.panel,
          look.theme.accent,
          0.08 + 0.92 * Math.sqrt(count / most),
        );
        surface.fillRect(left, Math.floor(top), right - left, Math.ceil(bottom) - Math.floor(top));
      }
    });
  });
  return frame;
}

/** −1 … 1 of a value in a domain, by its distance from the middle. */
function share(value: number, [low, high]: Domain): number {
  return (2 * (value - low)) / (high - low) - 1;
}

export function paintMatrix(surface: Surface, spec: MatrixSpec, look: Look): Frame {
  const { rows, columns, values } = spec;
  const { frame, x, y } = drawGrid(surface, look, {
    x: { of: "names", names: columns },
    y: { of: "names", names: rows },
  });
  const domain = spec.domain ?? [-1, 1];
  const [cell, tall] = [frame.plot.width / columns.length, frame.plot.height / rows.length];
  const written = cell >= 34 && tall >= 14;
  clipped(surface, frame, () => {
    surface.textAlign = "center";
    surface.textBaseline = "middle";
    for (let i = 0; i < rows.length * columns.length; i += 1) {
      const value = values[i] as number;
      if (!Number.isFinite(value)) continue;
      const [row, column] = [Math.floor(i / columns.length), i % columns.length];
      const strength = share(value, domain);
      surface.fillStyle = divergingColor(strength, look.theme);
      surface.fillRect(x.map(column) + 0.5, y.map(row) + 0.5, cell - 1, tall - 1);
      if (!written) continue;
      surface.fillStyle = Math.abs(strength) > 0.6 ? "#ffffff" : look.theme.text1;
      surface.fillText(cellText(value, values), x.map(column + 0.5), y.map(row + 0.5));
    }
  });
  return frame;
}

function cellText(value: number, all: Numbers): string {
  const size = Math.max(...extentOf(all).map(Math.abs));
  return size <= 1 ? value.toFixed(2).replace("-", "\u2212") : formatTick(value, [value]);
}
