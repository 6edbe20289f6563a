/**
 * Layers over an image: boxes as fractions of it, masks as numbers of classes, and their colours.
 *
 * A class has the same colour in every layer; what is switched off is known by layer and class.
 */
import { valueAt } from "../../../api/json-map";
import type { JsonMap } from "../../../api/types";
import { labelsOf } from "../values";

export interface Box {
  left: number;
  top: number;
  width: number;
  height: number; // all as fractions of the image
  label: string;
  of: number; // its class
}

export interface Boxes {
  boxes: readonly Box[];
  labels: ReadonlyMap<number, string>;
}

export interface Area {
  width: number;
  height: number;
}

/** How a layer and a class of it are known to the legend. */
export function partName(layer: string, of: number): string {
  return `${layer}/${of}`;
}

const isMap = (value: unknown): value is JsonMap =>
  typeof value === "object" && value !== null && !Array.isArray(value);

/** What a file of boxes holds; a box that makes no sense is left out. */
export function readBoxes(text: string, area: Area): Boxes {
  const said: unknown = JSON.parse(text);
  if (!isMap(said)) return { boxes: [], labels: new Map() };
  const labels = labelsOf(valueAt(said, "class_labels"));
  const data = valueAt(said, "box_data");
  const boxes = (Array.isArray(data) ? data : []).flatMap((one) => {
    const box = isMap(one) ? boxOf(one, labels, area) : null;
    return box ? [box] : [];
  });
  return { boxes, labels };
}

function boxOf(said: JsonMap, labels: ReadonlyMap<number, string>, area: Area): Box | null {
  const position = valueAt(said, "position");
  const place = isMap(position) ? placeOf(position) : null;
  if (!place?.every(Number.isFinite)) return null;
  const inPixels = valueAt(said, "domain") === "pixel";
  const [across, down] = inPixels ? [area.width, area.height] : [1, 1];
  const [left, top, width, height] = place as [number, number, number, number];
  const of = Number(valueAt(said, "class_id") ?? 0);
  const caption = valueAt(said, "box_caption");
  return {
    left: left / across,
    top: top / down,
    width: width / across,
    height: height / down,
    label: typeof caption === "string" && caption ? caption : (labels.get(of) ?? String(of)),
    of,
  };
}

function placeOf(position: JsonMap): number[] {
  const number = (name: string) => Number(valueAt(position, name));
  const middle = valueAt(position, "middle");
  if (Array.isArray(middle)) {
    const [width, height] = [number("width"), number("height")];
    return [Number(middle[0]) - width / 2, Number(middle[1]) - height / 2, width, height];
  }
  const [left, top] = [number("minX"), number("minY")];
  return [left, top, number("maxX") - left, number("maxY") - top];
}

/** Classes of a mask that are nothing: they are drawn only when asked for. */
export function isBackground(of: number, label: string | undefined): boolean {
  if (label === undefined) return of === 0;
  return /^(background|bg|void|unlabell?ed|ignore|none)$/i.test(label);
}

/** The colour of a class in each pixel: [red, green, blue], with which a mask is tinted. */
export function channels(hex: string): readonly [number, number, number] {
  const value = Number.parseInt(hex.slice(1), 16);
  return [(value >> 16) & 255, (value >> 8) & 255, value & 255];
}

const TINT = 128; // of 255: the image is seen through it

/** Paints the classes of a mask, as pixels of red, green, blue and alpha. */
export function tinted(
  ids: Uint8Array,
  color: (of: number) => string | null, // null: not drawn
  target: Uint8ClampedArray,
): void {
  const known = new Map<number, readonly [number, number, number] | null>();
  for (let at = 0; at < ids.length; at += 1) {
    const of = ids[at] as number;
    let rgb = known.get(of);
    if (rgb === undefined) {
      const hex = color(of);
      rgb = hex === null ? null : channels(hex);
      known.set(of, rgb);
    }
    const to = at * 4;
    if (rgb) {
      [target[to], target[to + 1], target[to + 2]] = rgb;
      target[to + 3] = TINT;
    } else target[to + 3] = 0;
  }
}
