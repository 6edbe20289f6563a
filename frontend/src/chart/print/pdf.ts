/**
 * PdfSurface: what a painter draws, as one page of PDF: paths, text in the reader's own faces,
 * clipping and opacity, nothing else. The same picture gives the same bytes.
 */

import type { Surface } from "../surface";
import { Dots } from "./dots";
import { DIFFERENCES, type Face, PDF_NAMES, pdfText, widthOf } from "./faces";

/** A hundredth of a point is finer than any print. */
const short = (value: number): string => String(Math.round(value * 100) / 100 || 0);

/** Commands of one circle, with the one that goes to its edge before. */
const CIRCLE = 7;

/** What makes a quarter of a circle of a cubic curve. */
const KAPPA = 0.5522847498;

function rgb(color: string): string {
  const value = Number.parseInt(color.slice(1), 16);
  const parts = [value >> 16, (value >> 8) & 255, value & 255];
  return parts.map((part) => short(part / 255)).join(" ");
}

export class PdfSurface implements Surface {
  fillStyle: string | CanvasGradient | CanvasPattern = "#000000";
  strokeStyle: string | CanvasGradient | CanvasPattern = "#000000";
  lineWidth = 1;
  lineJoin: CanvasLineJoin = "miter";
  lineCap: CanvasLineCap = "butt";
  globalAlpha = 1;
  font = "11px sans";
  textAlign: CanvasTextAlign = "left";
  textBaseline: CanvasTextBaseline = "alphabetic";
  private readonly parts: string[] = [];
  private path: string[] = [];
  private readonly dots = new Dots(short);
  private dash = "[]";
  private readonly alphas = new Map<string, string>();
  private state = "";
  private readonly states: string[] = [];

  /** The page is in points; a unit of what is drawn is `scale` points. */
  constructor(
    private readonly page: { readonly width: number; readonly height: number },
    scale: number,
    private readonly face: Face,
    private readonly title: string,
  ) {
    const s = short6(scale);
    this.parts.push(`${s} 0 0 -${s} 0 ${short(page.height)} cm`);
  }

  save(): void {
    this.states.push(this.state);
    this.parts.push("q");
  }

  restore(): void {
    this.state = this.states.pop() ?? "";
    this.parts.push("Q");
  }

  /** All that follows is drawn from here, until `restore`. */
  moveOrigin(x: number, y: number): void {
    this.parts.push(`1 0 0 1 ${short(x)} ${short(y)} cm`);
  }

  beginPath(): void {
    this.path = [];
    this.dots.clear();
  }

  moveTo(x: number, y: number): void {
    this.path.push(`${short(x)} ${short(y)} m`);
  }

  lineTo(x: number, y: number): void {
    this.path.push(`${short(x)} ${short(y)} l`);
  }

  closePath(): void {
    this.path.push("h");
  }

  /** Whole circles only: the painters draw no other arcs. */
  arc(x: number, y: number, radius: number, _start: number, _end: number): void {
    const [r, k] = [radius, radius * KAPPA];
    this.dots.add(x, y, radius);
    const curve = (...to: number[]): void => void this.path.push(`${to.map(short).join(" ")} c`);
    this.moveTo(x + r, y);
    curve(x + r, y + k, x + k, y + r, x, y + r);
    curve(x - k, y + r, x - r, y + k, x - r, y);
    curve(x - r, y - k, x - k, y - r, x, y - r);
    curve(x + k, y - r, x + r, y - k, x + r, y);
    this.path.push("h");
  }

  rect(x: number, y: number, width: number, height: number): void {
    this.path.push(`${[x, y, width, height].map(short).join(" ")} re`);
  }

  clip(): void {
    this.parts.push(...this.path, "W n");
  }

  fill(): void {
    if (this.path.length === 0) return;
    const dots = this.dots.of(this.path.length, CIRCLE);
    if (dots) {
      this.dress(`${rgb(String(this.fillStyle))} RG ${short(2 * dots.radius)} w 1 J [] 0 d`);
      this.parts.push(...dots.places.map((at) => `${at} m ${at} l`), "S 0 J");
      return;
    }
    this.dress(`${rgb(String(this.fillStyle))} rg`);
    this.parts.push(...this.path, "f");
  }

  stroke(): void {
    if (this.path.length === 0) return;
    const join = { miter: 0, round: 1, bevel: 2 }[this.lineJoin];
    const pen = `${short(this.lineWidth)} w ${join} j ${this.dash} 0 d`;
    this.dress(`${rgb(String(this.strokeStyle))} RG ${pen}`);
    this.parts.push(...this.path, "S");
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    this.dress(`${rgb(String(this.fillStyle))} rg`);
    this.parts.push(`${[x, y, width, height].map(short).join(" ")} re f`);
  }

  fillText(text: string, x: number, y: number): void {
    const size = Number.parseFloat(this.font);
    const width = widthOf(text, this.face, size);
    const share = this.textAlign === "center" ? 0.5 : this.textAlign === "right" ? 1 : 0;
    // A letter's middle lies about a third of its size above the line it stands on.
    const drop = this.textBaseline === "middle" ? 0.34 * size : 0;
    this.dress(`${rgb(String(this.fillStyle))} rg`);
    const at = `1 0 0 -1 ${short(x - share * width)} ${short(y + drop)} Tm`;
    this.parts.push(`BT /F ${short(size)} Tf ${at} ${pdfText(text)} Tj ET`);
  }

  measureText(text: string): { readonly width: number } {
    return { width: widthOf(text, this.face, Number.parseFloat(this.font)) };
  }

  setLineDash(segments: number[]): void {
    this.dash = `[${segments.map(short).join(" ")}]`;
  }

  /** The document, its drawing compressed where the browser can. */
  async toBytes(): Promise<Uint8Array> {
    const drawing = new TextEncoder().encode(this.parts.join("\n"));
    const packed = await deflated(drawing);
    const states = [...this.alphas].map(
      ([name, value]) => `/${name} << /ca ${value} /CA ${value} >>`,
    );
    const { width, height } = this.page;
    const font = `<< /Type /Font /Subtype /Type1 /BaseFont /${PDF_NAMES[this.face]} /Encoding << /Type /Encoding /BaseEncoding /WinAnsiEncoding /Differences [${DIFFERENCES}] >> >>`;
    const filter = packed ? " /Filter /FlateDecode" : "";
    const stream = packed ?? drawing;
    return assembled([
      ["<< /Type /Catalog /Pages 2 0 R >>"],
      ["<< /Type /Pages /Kids [3 0 R] /Count 1 >>"],
      [
        `<< /Type /Page /Parent 2 0 R /MediaBox [0 0 ${short(width)} ${short(height)}] /Contents 4 0 R /Resources << /Font << /F 5 0 R >> /ExtGState << ${states.join(" ")} >> >> >>`,
      ],
      [`<< /Length ${stream.length}${filter} >>\nstream\n`, stream, "\nendstream"],
      [font],
      [`<< /Title ${utf16(this.title)} /Producer (wanLLMDB) >>`],
    ]);
  }

  /** Says how the next is drawn, where it is not known already. */
  private dress(look: string): void {
    const alpha = short(this.globalAlpha);
    const name = `A${Math.round(this.globalAlpha * 100)}`;
    this.alphas.set(name, alpha);
    const state = `/${name} gs ${look}`;
    if (state === this.state) return;
    this.state = state;
    this.parts.push(state);
  }
}

const short6 = (value: number): string => String(Math.round(value * 1e6) / 1e6);

function utf16(text: string): string {
  const units = Array.from({ length: text.length }, (_, i) =>
    text.charCodeAt(i).toString(16).padStart(4, "0"),
  );
  return `<feff${units.join("")}>`;
}

/** As PDF's FlateDecode has it; null where the browser has no such stream. */
async function deflated(bytes: Uint8Array): Promise<Uint8Array | null> {
  if (typeof CompressionStream !== "function") return null;
  const stream = new CompressionStream("deflate");
  const writer = stream.writable.getWriter();
  const written = writer.write(bytes as BufferSource).then(() => writer.close());
  const [packed] = await Promise.all([new Response(stream.readable).arrayBuffer(), written]);
  return new Uint8Array(packed);
}

/** Objects numbered from 1, with the table that says where each begins. */
function assembled(objects: readonly (readonly (string | Uint8Array)[])[]): Uint8Array {
  const encoder = new TextEncoder();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const put = (part: string | Uint8Array): void => {
    const bytes = typeof part === "string" ? encoder.encode(part) : part;
    chunks.push(bytes);
    size += bytes.length;
  };
  put("%PDF-1.4\n");
  put(Uint8Array.of(0x25, 0xe2, 0xe3, 0xcf, 0xd3, 0x0a));
  const begins = objects.map((parts, i) => {
    const at = size;
    put(`${i + 1} 0 obj\n`);
    for (const part of parts) put(part);
    put("\nendobj\n");
    return at;
  });
  const table = size;
  const count = objects.length + 1;
  const lines = begins.map((at) => `${String(at).padStart(10, "0")} 00000 n \n`).join("");
  put(`xref\n0 ${count}\n0000000000 65535 f \n${lines}`);
  put(`trailer\n<< /Size ${count} /Root 1 0 R /Info ${objects.length} 0 R >>\n`);
  put(`startxref\n${table}\n%%EOF\n`);
  const out = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    out.set(chunk, at);
    at += chunk.length;
  }
  return out;
}
