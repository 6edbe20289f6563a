/** Pictures of a panel: as a PNG of any size, and as counts of its pixels for tests. */

import type { Canvas } from "./messages";
import type { Look } from "./scene";
import type { Surface } from "./surface";
import type { ChartTheme, Frame, PixelCount } from "./types";

type Context = Surface & Pick<CanvasRenderingContext2D, "setTransform">;

/** Paints anew at the look's own ratio and encodes it. */
export async function pngOf(
  paint: (surface: Surface) => void,
  look: Look,
  makeCanvas: (width: number, height: number) => Canvas,
): Promise<Blob> {
  const { width, height, ratio } = look;
  const canvas = makeCanvas(Math.round(width * ratio), Math.round(height * ratio));
  const context = canvas.getContext("2d", { alpha: false }) as Context | null;
  if (!context) throw new Error("no canvas can be made here");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  paint(context);
  if ("convertToBlob" in canvas) return canvas.convertToBlob({ type: "image/png" });
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error("no PNG"))), "image/png");
  });
}

const rgb = (hex: string): number => Number.parseInt(hex.slice(1), 16);

export function countPixels(
  context: Pick<CanvasRenderingContext2D, "getImageData">,
  size: { readonly width: number; readonly height: number; readonly ratio: number },
  { plot }: Frame,
  theme: ChartTheme,
): PixelCount {
  const width = Math.round(size.width * size.ratio);
  const height = Math.round(size.height * size.ratio);
  const { data } = context.getImageData(0, 0, width, height);
  const background = rgb(theme.panel);
  const plain = new Set([background, rgb(theme.grid), rgb(theme.lineStrong)]);
  const inside = (x: number, y: number): boolean =>
    x >= plot.left * size.ratio &&
    x < (plot.left + plot.width) * size.ratio &&
    y >= plot.top * size.ratio &&
    y < (plot.top + plot.height - 1) * size.ratio;
  let [nonBackground, ink, digest] = [0, 0, 0x811c9dc5];
  for (let i = 0, pixel = 0; i < data.length; i += 4, pixel += 1) {
    const color =
      ((data[i] as number) << 16) | ((data[i + 1] as number) << 8) | (data[i + 2] as number);
    digest = Math.imul(digest ^ color, 0x01000193);
    if (color === background) continue;
    nonBackground += 1;
    if (!plain.has(color) && inside(pixel % width, Math.floor(pixel / width))) ink += 1;
  }
  return { width, height, nonBackground, ink, digest: (digest >>> 0).toString(16) };
}
