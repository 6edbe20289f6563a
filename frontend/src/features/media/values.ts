/**
 * Values: what the rows of a run hold under a key, as something that can be shown.
 *
 * The stored forms are told in docs/reference/media.md; a form that nobody knows is shown as it
 * stands. Nothing here trusts what it reads: rows hold whatever was sent.
 */
import { digestOf, type FileRef } from "../../api/file-place";
import { valueAt } from "../../api/json-map";
import type { Json, JsonMap } from "../../api/types";

export type Kind =
  | "images"
  | "histogram"
  | "table"
  | "html"
  | "plotly"
  | "audio"
  | "video"
  | "model"
  | "json";

export interface Item extends FileRef {
  size: number | null; // bytes
  caption: string | null;
}

/** What lies over an image: a file of class numbers, or a file of boxes, and the classes' names. */
export interface Layer extends FileRef {
  name: string;
  labels: ReadonlyMap<number, string>;
}

export interface Picture extends Item {
  width: number | null;
  height: number | null;
  masks: readonly Layer[];
  boxes: readonly Layer[];
}

export interface Histogram {
  counts: readonly number[];
  edges: readonly number[];
}

/** A table; one that grew has its rows in several files, oldest first. */
export interface TableFile extends Item {
  rows: number | null;
  columns: number | null;
  parts: readonly string[];
}

const KINDS: Record<string, Kind> = {
  "image-file": "images",
  images: "images",
  "images/separated": "images",
  histogram: "histogram",
  "table-file": "table",
  "incremental-table-file": "table",
  "html-file": "html",
  html: "html",
  "plotly-file": "plotly",
  plotly: "plotly",
  "audio-file": "audio",
  audio: "audio",
  "video-file": "video",
  videos: "video",
  video: "video",
  "object3D-file": "model",
  object3D: "model",
  "molecule-file": "model",
  molecule: "model",
};

const isMap = (value: unknown): value is JsonMap =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const textOf = (value: unknown): string | null => (typeof value === "string" ? value : null);
const listOf = (value: unknown): readonly Json[] => (Array.isArray(value) ? value : []);

/** A whole number above zero, as widths and sizes are. */
function sizeOf(value: unknown): number | null {
  return typeof value === "number" && Number.isFinite(value) && value > 0 ? value : null;
}

/** The values that stand in a value: those of a list of media of their own, else itself. */
export function partsOf(value: Json): readonly Json[] {
  const media = (part: Json) => isMap(part) && textOf(valueAt(part, "_type")) !== null;
  if (Array.isArray(value)) return value.length > 0 && value.every(media) ? value : [value];
  if (!isMap(value) || valueAt(value, "_type") !== "joined-table") return [value];
  const tables = ["table1", "table2"].flatMap((name) => valueAt(value, name) ?? []);
  return tables.length > 0 && tables.every(media) ? tables : [value];
}

/** What a value is shown as. */
export function kindOf(whole: Json): Kind {
  const [value = null] = partsOf(whole);
  if (!isMap(value)) return "json";
  const said = textOf(valueAt(value, "_type"));
  if (said === null) return "json";
  const known = Object.hasOwn(KINDS, said) ? KINDS[said] : undefined;
  if (known) return known;
  // A file that is not known can still be named and downloaded.
  return textOf(valueAt(value, "path")) ? "model" : "json";
}

function itemOf(value: JsonMap, caption?: Json): Item | null {
  const path = textOf(valueAt(value, "path"));
  if (!path) return null;
  return {
    path,
    digest: textOf(valueAt(value, "sha256")) ?? digestOf(path),
    size: sizeOf(valueAt(value, "size")),
    caption: textOf(valueAt(value, "caption")) || textOf(caption) || null,
  };
}

/** The files of a value: one, or those of a list that was logged as one value. */
export function itemsOf(value: Json): Item[] {
  if (!isMap(value)) return [];
  const own = itemOf(value);
  if (own) return [own];
  const captions = listOf(valueAt(value, "captions"));
  const filed = (part: Json) => isMap(part) && textOf(valueAt(part, "path")) !== null;
  const listed = Object.values(value).find((part) => Array.isArray(part) && part.some(filed));
  const names = listOf(valueAt(value, "filenames"));
  const parts = listed ? listOf(listed) : names.map((path) => ({ path }));
  return parts.flatMap((part, at) => {
    const item = isMap(part) ? itemOf(part, captions[at]) : null;
    return item ? [item] : [];
  });
}

/** Names of classes as config or a file holds them: `{"1": "cat"}`. */
export function labelsOf(value: unknown): ReadonlyMap<number, string> {
  if (!isMap(value)) return new Map();
  return new Map(
    Object.entries(value).flatMap(([id, name]) => {
      const number = Number(id);
      return Number.isInteger(number) && typeof name === "string" ? [[number, name]] : [];
    }),
  );
}

type FindLabels = (layer: string) => ReadonlyMap<number, string>;

function layersOf(value: unknown, labels: FindLabels): Layer[] {
  if (!isMap(value)) return [];
  return Object.entries(value).flatMap(([name, said]) => {
    const file = isMap(said) ? itemOf(said) : null;
    if (!file || !isMap(said)) return [];
    const own = labelsOf(valueAt(said, "class_labels"));
    return [{ ...file, name, labels: own.size > 0 ? own : labels(name) }];
  });
}

/** The classes that a row tells with an image: `[{"id": 1, "name": "cat"}]`. */
function classesOf(value: unknown): ReadonlyMap<number, string> {
  if (!Array.isArray(value)) return new Map();
  const named = value
    .filter(isMap)
    .map((one) => [String(valueAt(one, "id")), valueAt(one, "name")]);
  return labelsOf(Object.fromEntries(named));
}

/** The images of a value. `labels` finds what config says of the classes of a layer. */
export function picturesOf(value: Json, labels: FindLabels = () => new Map()): Picture[] {
  if (!isMap(value)) return [];
  const masks = listOf(valueAt(value, "all_masks"));
  const boxes = listOf(valueAt(value, "all_boxes"));
  const sizes = listOf(valueAt(value, "sizes"));
  const classes = classesOf(valueAt(value, "classes"));
  const find: FindLabels = (layer) => (classes.size > 0 ? classes : labels(layer));
  const single = textOf(valueAt(value, "path")) !== null;
  return itemsOf(value).map((item, at) => ({
    ...item,
    width: sizeOf(listOf(sizes[at])[0] ?? valueAt(value, "width")),
    height: sizeOf(listOf(sizes[at])[1] ?? valueAt(value, "height")),
    masks: layersOf(single ? valueAt(value, "masks") : masks[at], find),
    boxes: layersOf(single ? valueAt(value, "boxes") : boxes[at], find),
  }));
}

/** The counts of a value; null where it holds none that fit together. */
export function histogramOf(value: Json): Histogram | null {
  if (!isMap(value)) return null;
  const counts = listOf(valueAt(value, "values")).map(Number);
  const packed = valueAt(value, "packedBins");
  const edges = isMap(packed) ? unpacked(packed) : listOf(valueAt(value, "bins")).map(Number);
  const fit = counts.length > 0 && edges.length === counts.length + 1;
  return fit && [...counts, ...edges].every(Number.isFinite) ? { counts, edges } : null;
}

function unpacked(packed: JsonMap): number[] {
  const [min, size, count] = ["min", "size", "count"].map((name) => Number(valueAt(packed, name)));
  if (min === undefined || !size || !count || count > 10_000) return [];
  return Array.from({ length: count + 1 }, (_, at) => min + at * size);
}

export function tableOf(value: Json): TableFile | null {
  const item = isMap(value) ? itemOf(value) : null;
  if (!item || !isMap(value)) return null;
  const before = listOf(valueAt(value, "previous_increments_paths"));
  return {
    ...item,
    rows: sizeOf(valueAt(value, "nrows")),
    columns: sizeOf(valueAt(value, "ncols")),
    parts: [...before.flatMap((path) => textOf(path) ?? []), item.path],
  };
}

/** Whether a value is one cloud of points, which is drawn. */
export function isCloud(value: Json): boolean {
  const items = itemsOf(value);
  return items.length === 1 && items[0]?.path.endsWith(".pts.json") === true;
}

/** What a file is called, without the folders before it. */
export function nameOf({ path }: FileRef): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
