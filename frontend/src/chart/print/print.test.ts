// @vitest-environment node
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { inflateSync } from "node:zlib";
import { describe, expect, it } from "vitest";
import { LineAct } from "../act";
import { Line } from "../line";
import { defaultOptions } from "../options";
import { PlotAct } from "../plots/act";
import type { PublishOptions } from "../types";
import { pdfText, widthOf } from "./faces";
import { publish } from "./publish";
import { scriptOf } from "./script";

const hidden: ReadonlySet<string> = new Set();
const page = { width: 89, height: 60, unit: "mm" } as const;

function act(lines: number, points: number, more = {}): LineAct {
  const made = Array.from(
    { length: lines },
    (_, k) =>
      new Line({
        id: `l${k}`,
        name: `_run (${k}) \u2264 \u4e16`,
        color: "#2f6fed",
        dash: k % 2 ? [6, 3] : [],
        x: Float64Array.from({ length: points }, (_v, i) => i),
        y: Float64Array.from(
          { length: points },
          (_v, i) => Math.sin(i / 9 + k) - ((i * 31) % 7) / 9,
        ),
      }),
  );
  return new LineAct({ ...defaultOptions, title: "loss \u2013 \u03bc", ...more }, made);
}

const bytesOf = async (one: LineAct | PlotAct, how: PublishOptions): Promise<Buffer> =>
  Buffer.from(await (await publish(one, how, { hidden })).arrayBuffer());

/** Every object by its number, read by the table of the file as a strict reader does. */
function objectsOf(pdf: Buffer): Map<number, { head: string; stream: Buffer | null }> {
  const text = pdf.toString("latin1");
  expect(text.startsWith("%PDF-1.4\n")).toBe(true);
  const table = Number(/startxref\n(\d+)\n%%EOF\n$/.exec(text)?.[1]);
  const [, count] = /^xref\n0 (\d+)\n/.exec(text.slice(table)) ?? [];
  const lines = text.slice(text.indexOf("\n", table + 5) + 1).split("\n");
  const found = new Map<number, { head: string; stream: Buffer | null }>();
  for (let i = 1; i < Number(count); i += 1) {
    expect(lines[i]).toMatch(/^\d{10} 00000 n $/);
    const at = Number((lines[i] as string).slice(0, 10));
    expect(text.slice(at, at + 10)).toContain(`${i} 0 obj`);
    const end = text.indexOf("endobj", at);
    const begins = text.indexOf("stream\n", at);
    const head = text.slice(at, begins > 0 && begins < end ? begins : end);
    const length = Number(/\/Length (\d+)/.exec(head)?.[1]);
    const stream =
      begins > 0 && begins < end ? pdf.subarray(begins + 7, begins + 7 + length) : null;
    if (stream) {
      const after = pdf.subarray(begins + 7 + length).toString("latin1", 0, 10);
      expect(after).toBe("\nendstream");
    }
    found.set(i, { head, stream });
  }
  return found;
}

function drawingOf(pdf: Buffer): string {
  const stream = [...objectsOf(pdf).values()].find(({ stream: one }) => one)?.stream;
  return inflateSync(stream as Buffer).toString("latin1");
}

describe("a picture for print", () => {
  it("is a page of the size asked for, whose objects lie where its table says", async () => {
    const pdf = await bytesOf(act(3, 200), { ...page, format: "pdf", title: true });
    const objects = [...objectsOf(pdf).values()].map(({ head }) => head).join("\n");
    expect(objects).toContain("/MediaBox [0 0 252.28 170.08]");
    expect(objects).toContain("/BaseFont /Helvetica");
  });

  it("saves as often as it restores, clips, and writes a true minus", async () => {
    const drawing = drawingOf(await bytesOf(act(2, 200), { ...page, format: "pdf" }));
    const count = (operator: string): number =>
      drawing.split("\n").filter((line) => line === operator).length;
    expect(count("q")).toBe(count("Q"));
    expect(drawing).toContain("W n");
    expect(drawing).toContain("[6 3] 0 d");
    expect(pdfText("\u22121")).toBe("<0131>");
    expect(drawing).toMatch(/<01/);
    // What the faces lack is a question mark, never another letter.
    expect(pdfText("\u4e16\u2264")).toBe("<3f02>");
  });

  it.each(["pdf", "svg"] as const)(
    "as %s is the same bytes each time, and small",
    async (format) => {
      const how = { ...page, format, legend: "right" } as const;
      const [one, other] = [await bytesOf(act(10, 1000), how), await bytesOf(act(10, 1000), how)];
      expect(one.equals(other)).toBe(true);
      expect(one.length).toBeLessThan(300_000);
      const dense = await bytesOf(act(1, 100_000), how);
      expect(dense.length).toBeLessThan(300_000);
    },
  );

  it.each(["pdf", "svg"] as const)("of ten thousand points is small as %s", async (format) => {
    const ids = Array.from({ length: 10_000 }, (_, i) => `r${i}`);
    const xs = ids.map((_, i) => Math.sin(i * 12.9898) * 100);
    const ys = ids.map((_, i) => Math.cos(i * 78.233) * 100);
    const axis = { label: "a" };
    const spec = { type: "scatter", title: "", ids, xs, ys, x: axis, y: axis } as const;
    const one = new PlotAct({ spec, view: { x: null, y: null, brushes: {}, draft: false } });
    expect((await bytesOf(one, { ...page, format })).length).toBeLessThan(300_000);
  });

  it("keeps a spike of a single point", async () => {
    const y = new Float64Array(100_000);
    y[54_321] = 1000;
    const x = y.map((_, i) => i);
    const line = new Line({ id: "a", name: "a", color: "#2f6fed", x, y });
    const svg = (
      await bytesOf(new LineAct(defaultOptions, [line]), { ...page, format: "svg" })
    ).toString();
    const path = /d="(M[^"]*)" fill="none" stroke="#2f6fed"/.exec(svg)?.[1] ?? "";
    const heights = [...path.matchAll(/[ML][\d.]+ ([\d.]+)/g)].map((found) => Number(found[1]));
    expect(Math.max(...heights) - Math.min(...heights)).toBeGreaterThan(50);
  });

  it("carries its size with its unit, and draws as wide as asked", async () => {
    const how = { ...page, format: "svg", fontSize: 11, lineWidth: 2 } as const;
    const svg = (await bytesOf(act(1, 10), how)).toString();
    expect(svg).toContain('width="89mm" height="60mm"');
    expect(svg).toContain('stroke-width="2"');
  });

  it("refuses a page that is none", async () => {
    await expect(
      publish(act(1, 2), { ...page, width: 0, format: "pdf" }, { hidden }),
    ).rejects.toThrow("inches");
  });

  it("knows how wide letters are", () => {
    expect(widthOf("Ww", "sans", 1000)).toBe(944 + 722);
    expect(widthOf("ab", "mono", 10)).toBe(12);
  });
});

const python = ["../.venv/bin/python", "/usr/bin/python3"].find(existsSync);
const can = (code: string): boolean =>
  python !== undefined && spawnSync(python, ["-c", code]).status === 0;

describe("a script for matplotlib", () => {
  const scripts = [
    scriptOf(act(3, 50, { yScale: "symlog", xScale: "log", smoothing: 0.6 }), hidden),
    scriptOf(act(1, 20_000), hidden),
    scriptOf(
      new PlotAct({
        spec: {
          type: "box",
          shape: "violin",
          title: "a 'b' \"c\"",
          ids: ["x", "y"],
          value: { label: "v" },
          values: [
            [1, 2, 3],
            [2, 3, 4],
          ],
        },
        view: { x: null, y: null, brushes: {}, draft: false },
      }),
      hidden,
    ),
  ];

  it("carries what can be seen of very many points", () => {
    expect(scripts[1]?.length).toBeLessThan(250_000);
    expect(scripts[0]).toContain('ax.set_xscale("log")');
  });

  it.skipIf(python === undefined)("is Python", () => {
    for (const script of scripts) {
      const check = "import sys; compile(sys.stdin.read(), 'figure.py', 'exec')";
      execFileSync(python as string, ["-c", check], { input: script });
    }
  });

  it("runs where matplotlib is", ({ skip }) => {
    if (!can("import matplotlib")) skip("matplotlib is not installed beside the tests");
    for (const script of scripts) {
      execFileSync(python as string, ["-"], {
        input: script,
        env: { ...process.env, MPLBACKEND: "Agg" },
      });
    }
  }, 60_000);
});
