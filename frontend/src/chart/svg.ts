/** SvgSurface: what the painter draws, written as an SVG document with sharp lines and live text. */

import { Dots } from "./print/dots";
import type { Surface } from "./surface";

const escaped = (text: string): string =>
  text.replace(/[<>&"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

export interface SvgMaking {
  /** Decimals of what is drawn. A tenth of a pixel is finer than any screen. */
  readonly digits?: number;
  /** With units, for print; the drawing's own units when left out. */
  readonly width?: string;
  readonly height?: string;
  /** How wide a text is, in a face that is known. */
  readonly measure?: (text: string, size: number) => number;
}

const ANCHORS: Readonly<Record<string, string>> = { center: "middle", right: "end", end: "end" };

/** Width of a character of the axes' face, in ems: only text is measured by it, never data. */
const EM = 0.56;

/** Commands of one circle, with the one that goes to its edge before. */
const CIRCLE = 3;

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
  private readonly dots = new Dots((value) => this.short(value));
  private dash: number[] = [];
  private clips = 0;
  private readonly open: number[] = [];
  private readonly unit: number;

  constructor(
    private readonly width: number,
    private readonly height: number,
    private readonly title: string,
    private readonly making: SvgMaking = {},
  ) {
    this.unit = 10 ** (making.digits ?? 1);
  }

  /** All that follows is drawn from here, until `restore`. */
  moveOrigin(x: number, y: number): void {
    this.parts.push(`<g transform="translate(${this.short(x)} ${this.short(y)})">`);
    const depth = this.open.length - 1;
    if (depth >= 0) this.open[depth] = (this.open[depth] as number) + 1;
  }

  save(): void {
    this.open.push(0);
  }

  restore(): void {
    this.parts.push("</g>".repeat(this.open.pop() ?? 0));
  }

  beginPath(): void {
    this.path = [];
    this.dots.clear();
  }

  moveTo(x: number, y: number): void {
    this.path.push(`M${this.short(x)} ${this.short(y)}`);
  }

  lineTo(x: number, y: number): void {
    this.path.push(`L${this.short(x)} ${this.short(y)}`);
  }

  closePath(): void {
    this.path.push("Z");
  }

  /** Whole circles only: the painter draws no other arcs. */
  arc(x: number, y: number, radius: number, _start: number, _end: number): void {
    this.dots.add(x, y, radius);
    const r = this.short(radius);
    this.path.push(
      `M${this.short(x - radius)} ${this.short(y)}a${r} ${r} 0 1 0 ${this.short(2 * radius)} 0`,
    );
    this.path.push(`a${r} ${r} 0 1 0 ${this.short(-2 * radius)} 0Z`);
  }

  rect(x: number, y: number, width: number, height: number): void {
    const [w, h] = [this.short(width), this.short(height)];
    this.path.push(`M${this.short(x)} ${this.short(y)}h${w}v${h}h-${w}Z`);
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
    const dots = this.dots.of(this.path.length, CIRCLE);
    if (dots) {
      const path = dots.places.map((at) => `M${at}h0`).join("");
      const pen = `stroke-width="${this.short(2 * dots.radius)}" stroke-linecap="round"`;
      const color = `fill="none" stroke="${this.fillStyle}"${this.opacity("stroke")}`;
      this.parts.push(`<path d="${path}" ${color} ${pen}/>`);
      return;
    }
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
      `<rect x="${this.short(x)}" y="${this.short(y)}" width="${this.short(width)}" height="${this.short(height)}" fill="${this.fillStyle}"${this.opacity("fill")}/>`,
    );
  }

  fillText(text: string, x: number, y: number): void {
    const anchor = ANCHORS[this.textAlign] ?? "start";
    const middle = this.textBaseline === "middle" ? ' dominant-baseline="central"' : "";
    const size = Number.parseFloat(this.font);
    const family = escaped(this.font.slice(this.font.indexOf(" ") + 1));
    this.parts.push(
      `<text x="${this.short(x)}" y="${this.short(y)}" text-anchor="${anchor}"${middle} font-size="${size}" font-family="${family}" fill="${this.fillStyle}">${escaped(text)}</text>`,
    );
  }

  measureText(text: string): { readonly width: number } {
    const size = Number.parseFloat(this.font);
    const { measure } = this.making;
    return { width: measure ? measure(text, size) : text.length * size * EM };
  }

  setLineDash(segments: number[]): void {
    this.dash = segments;
  }

  toString(): string {
    const { width, height, making } = this;
    const size = `width="${making.width ?? width}" height="${making.height ?? height}"`;
    return [
      `<svg xmlns="http://www.w3.org/2000/svg" ${size} viewBox="0 0 ${width} ${height}">`,
      `<title>${escaped(this.title)}</title>`,
      ...this.parts,
      "</svg>",
    ].join("\n");
  }

  private short(value: number): string {
    return String(Math.round(value * this.unit) / this.unit);
  }

  private opacity(kind: "fill" | "stroke"): string {
    return this.globalAlpha < 1 ? ` ${kind}-opacity="${this.globalAlpha}"` : "";
  }
}
