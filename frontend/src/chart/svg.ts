/** SvgSurface: what the painter draws, written as an SVG document with sharp lines and live text. */

import type { Surface } from "./surface";

const escaped = (text: string): string =>
  text.replace(/[<>&"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** A tenth of a pixel is finer than any print and keeps files small. */
const short = (value: number): string => String(Math.round(value * 10) / 10);

const ANCHORS: Readonly<Record<string, string>> = { center: "middle", right: "end", end: "end" };

/** Width of a character of the axes' face, in ems: only text is measured by it, never data. */
const EM = 0.56;

export class SvgSurface implements Surface {
  fillStyle: string | CanvasGradient | CanvasPattern = "#000";
  strokeStyle: string | CanvasGradient | CanvasPattern = "#000";
  lineWidth = 1;
  lineJoin: CanvasLineJoin = "miter";
  lineCap: CanvasLineCap = "butt";
  globalAlpha = 1;
  font = "11px sans-serif";
  textAlign: CanvasTextAlign = "left";
  textBaseline: CanvasTextBaseline = "alphabetic";
  private readonly parts: string[] = [];
  private path: string[] = [];
  private dash: number[] = [];
  private clips = 0;
  private readonly open: number[] = [];

  constructor(
    private readonly width: number,
    private readonly height: number,
    private readonly title: string,
  ) {}

  save(): void {
    this.open.push(0);
  }

  restore(): void {
    this.parts.push("</g>".repeat(this.open.pop() ?? 0));
  }

  beginPath(): void {
    this.path = [];
  }

  moveTo(x: number, y: number): void {
    this.path.push(`M${short(x)} ${short(y)}`);
  }

  lineTo(x: number, y: number): void {
    this.path.push(`L${short(x)} ${short(y)}`);
  }

  closePath(): void {
    this.path.push("Z");
  }

  /** Whole circles only: the painter draws no other arcs. */
  arc(x: number, y: number, radius: number, _start: number, _end: number): void {
    const r = short(radius);
    this.path.push(`M${short(x - radius)} ${short(y)}a${r} ${r} 0 1 0 ${short(2 * radius)} 0`);
    this.path.push(`a${r} ${r} 0 1 0 ${short(-2 * radius)} 0Z`);
  }

  rect(x: number, y: number, width: number, height: number): void {
    const [w, h] = [short(width), short(height)];
    this.path.push(`M${short(x)} ${short(y)}h${w}v${h}h-${w}Z`);
  }

  clip(): void {
    this.clips += 1;
    const id = `frame-${this.clips}`;
    this.parts.push(`<clipPath id="${id}"><path d="${this.path.join("")}"/></clipPath>`);
    this.parts.push(`<g clip-path="url(#${id})">`);
    const depth = this.open.length - 1;
    if (depth >= 0) this.open[depth] = (this.open[depth] as number) + 1;
  }

  fill(): void {
    const opacity = this.opacity("fill");
    this.parts.push(`<path d="${this.path.join("")}" fill="${this.fillStyle}"${opacity}/>`);
  }

  stroke(): void {
    if (this.path.length === 0) return;
    const dash = this.dash.length > 0 ? ` stroke-dasharray="${this.dash.join(" ")}"` : "";
    this.parts.push(
      `<path d="${this.path.join("")}" fill="none" stroke="${this.strokeStyle}" stroke-width="${this.lineWidth}" stroke-linejoin="${this.lineJoin}"${dash}${this.opacity("stroke")}/>`,
    );
  }

  fillRect(x: number, y: number, width: number, height: number): void {
    this.parts.push(
      `<rect x="${short(x)}" y="${short(y)}" width="${short(width)}" height="${short(height)}" fill="${this.fillStyle}"${this.opacity("fill")}/>`,
    );
  }

  fillText(text: string, x: number, y: number): void {
    const anchor = ANCHORS[this.textAlign] ?? "start";
    const middle = this.textBaseline === "middle" ? ' dominant-baseline="central"' : "";
    const size = Number.parseFloat(this.font);
    const family = escaped(this.font.slice(this.font.indexOf(" ") + 1));
    this.parts.push(
      `<text x="${short(x)}" y="${short(y)}" text-anchor="${anchor}"${middle} font-size="${size}" font-family="${family}" fill="${this.fillStyle}">${escaped(text)}</text>`,
    );
  }

  measureText(text: string): { readonly width: number } {
    return { width: text.length * Number.parseFloat(this.font) * EM };
  }

  setLineDash(segments: number[]): void {
    this.dash = segments;
  }

  toString(): string {
    const { width, height } = this;
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">`,
      `<title>${escaped(this.title)}</title>`,
      ...this.parts,
      "</svg>",
    ].join("\n");
  }

  private opacity(kind: "fill" | "stroke"): string {
    return this.globalAlpha < 1 ? ` ${kind}-opacity="${this.globalAlpha}"` : "";
  }
}
