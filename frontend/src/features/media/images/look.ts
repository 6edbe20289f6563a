/** How an enlarged image is looked at: how large, and how far its middle is from that of the stage. */

export interface Look {
  scale: number; // 1 fits it into the stage
  x: number;
  y: number;
}

export const FITTED: Look = { scale: 1, x: 0, y: 0 };
const LARGEST = 40;

/** Larger or smaller by a factor, while the point under `from` stays where it is. */
export function scaled(look: Look, by: number, from: { x: number; y: number }): Look {
  const scale = Math.min(LARGEST, Math.max(1, look.scale * by));
  if (scale === 1) return FITTED;
  const ratio = scale / look.scale;
  return { scale, x: from.x - (from.x - look.x) * ratio, y: from.y - (from.y - look.y) * ratio };
}

export function moved(look: Look, x: number, y: number): Look {
  return look.scale === 1 ? look : { ...look, x: look.x + x, y: look.y + y };
}
