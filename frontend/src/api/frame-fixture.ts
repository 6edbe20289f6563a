/** Frames as the server packs them, for tests. */

type Kind = "f64" | "f32" | "u32";
export interface FixtureSeries {
  fields: Record<string, unknown>;
  columns: Record<string, [Kind, number[]]>;
}

const ARRAYS = { f64: Float64Array, f32: Float32Array, u32: Uint32Array };

class Blocks {
  readonly blocks: { offset: number; bytes: Uint8Array }[] = [];
  size = 0;

  /** Lays out the columns of a series or a table, and says where they are. */
  described({ fields, columns }: FixtureSeries): Record<string, unknown> {
    const places: Record<string, [Kind, number]> = {};
    for (const [name, [kind, values]] of Object.entries(columns)) {
      places[name] = [kind, this.size];
      const bytes = new Uint8Array(ARRAYS[kind].from(values).buffer);
      this.blocks.push({ offset: this.size, bytes });
      this.size += Math.ceil(bytes.length / 8) * 8;
    }
    return { ...fields, columns: places };
  }
}

export function pack(header: Record<string, unknown>, series: FixtureSeries[]): Uint8Array {
  const blocks = new Blocks();
  return framed({ ...header, series: series.map((one) => blocks.described(one)) }, blocks);
}

/** A frame of the live connection: tables by name. */
export function packLive(
  header: Record<string, unknown>,
  tables: Record<string, FixtureSeries["columns"]>,
): ArrayBuffer {
  const blocks = new Blocks();
  const described = Object.entries(tables).map(([name, columns]) => {
    const n = Object.values(columns)[0]?.[1].length ?? 0;
    return [name, blocks.described({ fields: { n }, columns })];
  });
  const bytes = framed({ ...header, ...Object.fromEntries(described) }, blocks);
  return bytes.slice().buffer as ArrayBuffer;
}

function framed(header: Record<string, unknown>, { blocks, size }: Blocks): Uint8Array {
  let text = JSON.stringify({ ...header, bytes: size });
  const encoder = new TextEncoder();
  text += " ".repeat((8 - (encoder.encode(text).length % 8)) % 8);
  const head = encoder.encode(text);
  const frame = new Uint8Array(16 + head.length + size);
  frame.set([0x57, 0x4c, 0x43, 0x46, 1]);
  new DataView(frame.buffer).setUint32(8, head.length, true);
  frame.set(head, 16);
  for (const { offset, bytes } of blocks) frame.set(bytes, 16 + head.length + offset);
  return frame;
}

/** One curve with a bucket for each value. */
export function curve(key: string, run: string, values: number[], width = 1): Uint8Array {
  const x = values.map((_, i) => i * width);
  const columns: FixtureSeries["columns"] = {
    x: ["f64", x],
    last: ["f32", values],
    low: ["f32", values],
    high: ["f32", values],
    mean: ["f32", values],
    count: ["u32", values.map(() => 1)],
  };
  const fields = { run, n: values.length, logged: values.length };
  return pack({ type: "curve", key, x: "step", width }, [{ fields, columns }]);
}
