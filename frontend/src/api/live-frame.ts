/**
 * The binary frames of the live connection: new points, and last values
 * (docs/reference/http-api.md, "Live"). Columns are views into the bytes that arrived.
 */
import { FrameError, type Kind, measure, type Values, view } from "./frame";

export interface TailSeries {
  run: string;
  key: string;
  start: number;
  n: number;
  step: Float64Array;
  time: Float64Array;
  value: Float64Array;
}

export interface TailFrame {
  type: "tail";
  id: string;
  project: string;
  series: TailSeries[];
}

/** Last values that are others than before, by run and key. */
export interface LastFrame {
  type: "last";
  project: string;
  values: { run: string; keys: string[]; values: Float64Array }[];
}

interface Table {
  n: number;
  columns: Record<string, [Kind, number]>;
}

type Column = (name: string) => Values;

/** One frame from a buffer that is it. */
export function decodeLive(buffer: ArrayBuffer): TailFrame | LastFrame {
  const found = measure(new Uint8Array(buffer));
  if (!found || buffer.byteLength < found.length) throw new FrameError("the frame is cut off");
  const { header, columnsAt } = found;
  const table = (name: string): Column => {
    const { n, columns } = header[name] as Table;
    return (column) => {
      const [kind, offset] = columns[column] ?? ["f64", 0];
      return view(buffer, columnsAt + offset, kind, n);
    };
  };
  const project = header.project as string;
  if (header.type === "tail") {
    return { type: "tail", id: header.id as string, project, series: tails(header, table) };
  }
  if (header.type === "last") return { type: "last", project, values: lasts(header, table) };
  throw new FrameError(`unknown frame ${header.type}`);
}

type Header = Record<string, unknown>;
type Tables = (name: string) => Column;

function tails(header: Header, table: Tables): TailSeries[] {
  const [series, points] = [table("series"), table("points")];
  const [run, key, start, count] = ["run", "key", "start", "count"].map(series) as Uint32Array[];
  const [step, time, value] = ["step", "time", "value"].map(points) as Float64Array[];
  const runs = header.runs as string[];
  const keys = header.keys as string[];
  let at = 0;
  return Array.from(count as Uint32Array, (n, i) => {
    const from = at;
    at += n;
    return {
      run: runs[run?.[i] as number] as string,
      key: keys[key?.[i] as number] as string,
      start: start?.[i] as number,
      n,
      step: (step as Float64Array).subarray(from, at),
      time: (time as Float64Array).subarray(from, at),
      value: (value as Float64Array).subarray(from, at),
    };
  });
}

function lasts(header: Header, table: Tables): LastFrame["values"] {
  const all = table("values")("value") as Float64Array;
  let at = 0;
  return (header.groups as { runs: string[]; keys: string[] }[]).flatMap(({ runs, keys }) =>
    runs.map((run) => {
      const from = at;
      at += keys.length;
      return { run, keys, values: all.subarray(from, at) };
    }),
  );
}
