/** Point clouds: what their files hold, and where their points lie on a screen. */

export interface Cloud {
  points: Float32Array; // x y z of each, in a cube from -1 to 1
  colors: Uint8Array | null; // red green blue of each
  categories: Uint8Array | null; // 1 to 14
  many: number;
}

const MOST = 60_000; // points that are drawn; of more, every second, third …

/** Null where the text is no cloud. */
export function readCloud(text: string): Cloud | null {
  let said: unknown;
  try {
    said = JSON.parse(text);
  } catch {
    return null;
  }
  const scene = !Array.isArray(said) && typeof said === "object" && said !== null;
  const all: unknown = scene ? (said as Record<string, unknown>).points : said;
  if (!Array.isArray(all)) return null;
  const every = Math.ceil(all.length / MOST);
  const listed = all.filter((point, at): point is number[] => {
    return at % every === 0 && Array.isArray(point) && point.length >= 3;
  });
  const many = listed.length;
  if (many === 0) return null;
  const width = listed[0]?.length ?? 3;
  return {
    points: fitted(listed),
    colors: width >= 6 ? Uint8Array.from(listed.flatMap((point) => point.slice(3, 6))) : null,
    categories: width === 4 ? Uint8Array.from(listed, (point) => Number(point[3])) : null,
    many,
  };
}

/** Coordinates in a cube from -1 to 1, all by the same measure. */
function fitted(listed: readonly number[][]): Float32Array {
  const low = [0, 1, 2].map((axis) => least(listed, axis, Math.min, Number.POSITIVE_INFINITY));
  const high = [0, 1, 2].map((axis) => least(listed, axis, Math.max, Number.NEGATIVE_INFINITY));
  const span = Math.max(...high.map((value, axis) => value - (low[axis] as number))) || 1;
  const points = new Float32Array(listed.length * 3);
  listed.forEach((point, at) => {
    for (const axis of [0, 1, 2]) {
      const middle = ((low[axis] as number) + (high[axis] as number)) / 2;
      points[at * 3 + axis] = (2 * ((point[axis] as number) - middle)) / span;
    }
  });
  return points;
}

type Pick = (a: number, b: number) => number;

function least(listed: readonly number[][], axis: number, pick: Pick, from: number): number {
  return listed.reduce((found, point) => pick(found, Number(point[axis])), from);
}

export interface Turn {
  around: number; // radians about the upright axis
  over: number; // and towards the reader
  scale: number;
}

export const FIRST_TURN: Turn = { around: 0.6, over: 0.35, scale: 1 };

/** Where every point lies: across and down in a square from -1 to 1, and how near from 0 to 1. */
export function projected({ points, many }: Cloud, { around, over, scale }: Turn): Float32Array {
  const [sinA, cosA, sinO, cosO] = [
    Math.sin(around),
    Math.cos(around),
    Math.sin(over),
    Math.cos(over),
  ];
  const found = new Float32Array(many * 3);
  for (let at = 0; at < many * 3; at += 3) {
    const [x, y, z] = [points[at] as number, points[at + 1] as number, points[at + 2] as number];
    const side = x * cosA - y * sinA;
    const deep = x * sinA + y * cosA;
    found[at] = side * scale * 0.6;
    found[at + 1] = -(z * cosO - deep * sinO) * scale * 0.6;
    found[at + 2] = 0.5 - (deep * cosO + z * sinO) / 3.5;
  }
  return found;
}
