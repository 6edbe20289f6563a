/**
 * The binary frame that curves come in (docs/reference/http-api.md, "Curves").
 *
 * Columns are views into the bytes that arrived: decoding copies nothing. FrameReader cuts a
 * stream of frames into single ones as the bytes come in.
 */

const MAGIC = 0x46434c57; // "WLCF", little endian
const VERSION = 1;
const FIXED = 16; // magic, version, three zeros, header length, zeros

export type Kind = "f64" | "f32" | "u32";
export type Values = Float64Array | Float32Array | Uint32Array;
type Columns = Record<string, Values>;

export interface CurveSeries {
  run: string;
  n: number;
  logged: number;
  columns: Columns;
}

export interface CurveFrame {
  type: "curve";
  key: string;
  x: string;
  width: number;
  missing?: string[]; // runs that were asked for and are not there
  series: CurveSeries[];
}

/** Runs that are alike, as one curve. */
export interface GroupSeries {
  /** What they have in common: a value for each field that they are grouped by. */
  group: unknown[];
  runs: string[];
  n: number;
  /** x, low, high, count, run_count, and what was asked for: mean, median, std, q0.25 … */
  columns: Columns;
}

export interface GroupFrame {
  type: "groups";
  key: string;
  x: string;
  width: number;
  missing?: string[];
  group: string[]; // the fields
  series: GroupSeries[];
}

export type SeriesFrame = CurveFrame | GroupFrame;

export class FrameError extends Error {}

interface RawSeries {
  n: number;
  columns: Record<string, [Kind, number]>;
  [field: string]: unknown;
}

export interface RawHeader {
  type: string;
  bytes: number;
  series: RawSeries[]; // of curves
  [field: string]: unknown;
}

const ITEM: Record<Kind, number> = { f64: 8, f32: 4, u32: 4 };

/** A column where it lies in the bytes. */
export function view(buffer: ArrayBuffer, offset: number, kind: Kind, n: number): Values {
  if (!(kind in ITEM)) throw new FrameError(`unknown column type ${kind}`);
  if (offset + n * ITEM[kind] > buffer.byteLength) throw new FrameError("a column is cut off");
  if (kind === "f64") return new Float64Array(buffer, offset, n);
  if (kind === "f32") return new Float32Array(buffer, offset, n);
  return new Uint32Array(buffer, offset, n);
}

/** Bytes of the frame that begins here, or null while too few have come to know. */
export function measure(
  bytes: Uint8Array,
): { header: RawHeader; columnsAt: number; length: number } | null {
  if (bytes.byteLength < FIXED) return null;
  const data = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (data.getUint32(0, true) !== MAGIC) throw new FrameError("not a frame of series");
  if (data.getUint8(4) !== VERSION) throw new FrameError(`frame version ${data.getUint8(4)}`);
  const columnsAt = FIXED + data.getUint32(8, true);
  if (bytes.byteLength < columnsAt) return null;
  const text = new TextDecoder().decode(bytes.subarray(FIXED, columnsAt));
  const header = JSON.parse(text) as RawHeader;
  return { header, columnsAt, length: columnsAt + header.bytes };
}

/** One frame from a buffer that begins with it. */
export function decode(buffer: ArrayBuffer): SeriesFrame {
  const found = measure(new Uint8Array(buffer));
  if (!found || buffer.byteLength < found.length) throw new FrameError("the frame is cut off");
  const { header, columnsAt } = found;
  if (header.type !== "curve" && header.type !== "groups")
    throw new FrameError(`unknown frame ${header.type}`);
  const series = header.series.map((raw) => {
    const columns: Columns = {};
    for (const [name, [kind, offset]] of Object.entries(raw.columns)) {
      columns[name] = view(buffer, columnsAt + offset, kind, raw.n);
    }
    return { ...raw, columns };
  });
  return { ...header, series } as unknown as SeriesFrame;
}

/** A buffer of exactly the first frame: its columns must start at multiples of 8 in it. */
function alone(bytes: Uint8Array, length: number): ArrayBuffer {
  const is = bytes.byteOffset === 0 && bytes.buffer.byteLength === length;
  return (is ? bytes.buffer : bytes.slice(0, length).buffer) as ArrayBuffer;
}

/** Frames after another, out of chunks of any size. */
export class FrameReader {
  private held: Uint8Array = new Uint8Array(0);
  private readonly chunks: Uint8Array[] = []; // what has come since, not joined yet
  private size = 0; // of both
  private want = FIXED; // bytes below which it is no use to look again

  /** Takes the next bytes and gives the frames that they complete. */
  push(chunk: Uint8Array): SeriesFrame[] {
    this.chunks.push(chunk);
    this.size += chunk.byteLength;
    const frames: SeriesFrame[] = [];
    if (this.size < this.want) return frames;
    this.join();
    while (this.held.byteLength >= this.want) {
      const found = measure(this.held);
      if (!found || this.held.byteLength < found.length) {
        this.want = found ? found.length : this.held.byteLength + 1;
        break;
      }
      frames.push(decode(alone(this.held, found.length)));
      this.held = this.held.subarray(found.length);
      this.want = FIXED;
    }
    this.size = this.held.byteLength;
    return frames;
  }

  /** Only when they complete something: a long frame comes in many chunks. */
  private join(): void {
    const [first] = this.chunks;
    if (first && this.held.byteLength === 0 && this.chunks.length === 1) {
      this.held = first;
      this.chunks.length = 0;
      return;
    }
    const joined = new Uint8Array(this.size);
    let at = 0;
    for (const part of [this.held, ...this.chunks.splice(0)]) {
      joined.set(part, at);
      at += part.byteLength;
    }
    this.held = joined;
  }

  /** Call when the stream has ended: what is left over was cut off. */
  end(): void {
    if (this.size > 0) throw new FrameError("the stream ended within a frame");
  }
}
