import { expect, test } from "vitest";
import { reach } from "./layout";
import { Line } from "./line";
import { defaultOptions } from "./options";
import { paint } from "./painter";
import { SvgSurface } from "./svg";
import { lightTheme } from "./theme";

function svgOf(lines: readonly Line[], title = "loss"): string {
  const surface = new SvgSurface(480, 240, title);
  paint(surface, {
    width: 480,
    height: 240,
    ratio: 1,
    theme: lightTheme,
    options: defaultOptions,
    lines,
    reach: reach(lines, defaultOptions, null),
    focus: null,
    hidden: new Set(),
    zone: () => 0,
    hairlines: false,
  });
  return surface.toString();
}

function wave(points: number, id = "a"): Line {
  return new Line({
    id,
    name: id,
    color: "#2f6fed",
    x: Float64Array.from({ length: points }, (_, i) => i),
    y: Float64Array.from({ length: points }, (_, i) => Math.sin(i / 40) + ((i * 31) % 7)),
    live: true,
  });
}

test("the document is well formed and holds the line, its axes and its title", () => {
  const svg = svgOf([wave(50)], 'a "b" & <c>');
  const parsed = new DOMParser().parseFromString(svg, "image/svg+xml");
  expect(parsed.querySelector("parsererror")).toBeNull();
  expect(parsed.querySelector("title")?.textContent).toBe('a "b" & <c>');
  const line = [...parsed.querySelectorAll('path[stroke="#2f6fed"]')];
  expect(line).toHaveLength(1);
  expect(line[0]?.getAttribute("d")?.match(/[ML]/g)).toHaveLength(50);
  expect([...parsed.querySelectorAll("text")].map((text) => text.textContent)).toContain("step");
  expect((svg.match(/<g /g) ?? []).length).toBe((svg.match(/<\/g>/g) ?? []).length);
});

test("ten thousand points stay far below 300 kB", () => {
  expect(svgOf([wave(10_000)]).length).toBeLessThan(60_000);
});

test("the same data give the same bytes", () => {
  expect(svgOf([wave(300)])).toBe(svgOf([wave(300)]));
});
