/** Recorder: a Surface that paints nothing and remembers everything. For tests. */

import type { Surface } from "./surface";

export interface Stroked {
  readonly color: string;
  readonly width: number;
  readonly alpha: number;
  readonly dash: readonly number[];
  /** One list of x, y pairs for each time the pen was put down. */
  readonly runs: readonly (readonly number[])[];
}

export interface Filled {
  readonly color: string;
  readonly alpha: number;
  readonly runs: readonly (readonly number[])[];
  readonly circles: readonly { readonly x: number; readonly y: number; readonly radius: number }[];
}

export class Recorder implements Surface {
  fillStyle: string | CanvasGradient | CanvasPattern = "#000000";
  strokeStyle: string | CanvasGradient | CanvasPattern = "#000000";
  lineWidth = 1;
  lineJoin: CanvasLineJoin = "miter";
  lineCap: CanvasLineCap = "butt";
  globalAlpha = 1;
  font = "";
  textAlign: CanvasTextAlign = "left";
  textBaseline: CanvasTextBaseline = "alphabetic";
  readonly strokes: Stroked[] = [];
  readonly fills: Filled[] = [];
  readonly texts: string[] = [];
  depth = 0;
  private runs: number[][] = [];
  private circles: { x: number; y: number; radius: number }[] = [];
  private dash: readonly number[] = [];

  save(): void {
    this.depth += 1;
  }

  restore(): void {
    this.depth -= 1;
  }

  beginPath(): void {
    this.runs = [];
    this.circles = [];
  }

  moveTo(x: number, y: number): void {
    this.runs.push([x, y]);
  }

  lineTo(x: number, y: number): void {
    this.runs.at(-1)?.push(x, y);
  }

  closePath(): void {}

  arc(x: number, y: number, radius: number): void {
    this.circles.push({ x, y, radius });
  }

  rect(): void {}

  clip(): void {}

  fill(): void {
    const { globalAlpha: alpha, circles } = this;
    this.fills.push({ color: String(this.fillStyle), alpha, runs: this.runs, circles });
  }

  stroke(): void {
    const { lineWidth: width, globalAlpha: alpha, dash, runs } = this;
    this.strokes.push({ color: String(this.strokeStyle), width, alpha, dash, runs });
  }

  fillRect(): void {}

  fillText(text: string): void {
    this.texts.push(text);
  }

  measureText(text: string): { readonly width: number } {
    return { width: text.length * 6 };
  }

  setLineDash(segments: number[]): void {
    this.dash = segments;
  }

  setTransform(): void {}

  /** Strokes of one colour, in the order in which they were put down. */
  of(color: string): Stroked[] {
    return this.strokes.filter((stroke) => stroke.color === color);
  }
}
