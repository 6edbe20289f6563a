/** Where a tooltip goes: beside the crosshair, off the line that is looked at, inside the window. */

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

export interface Point {
  readonly x: number;
  readonly y: number;
}

const AWAY = 14;
const MARGIN = 8;

const clamp = (value: number, low: number, high: number): number =>
  Math.max(low, Math.min(value, Math.max(low, high)));

function covered(box: Box, line: readonly Point[]): number {
  const inside = ({ x, y }: Point): boolean =>
    x >= box.left - 4 &&
    x <= box.left + box.width + 4 &&
    y >= box.top - 4 &&
    y <= box.top + box.height + 4;
  return line.filter(inside).length;
}

/**
 * The first of the places around the anchor that covers least of the line.
 *
 * `plot` is the frame it belongs to, `line` the focused line's points, all in window pixels.
 */
export function place(
  size: { readonly width: number; readonly height: number },
  anchor: Point,
  plot: Box,
  line: readonly Point[],
  window: { readonly width: number; readonly height: number },
): Point {
  const right = anchor.x + AWAY;
  const left = anchor.x - AWAY - size.width;
  const rows = [
    anchor.y - AWAY - size.height,
    anchor.y + AWAY,
    plot.top - size.height * 0.5,
    plot.top + plot.height - size.height * 0.5,
  ];
  const roomOnTheRight = right + size.width <= window.width - MARGIN;
  const columns = roomOnTheRight ? [right, left] : [left, right];
  const boxes = rows.flatMap((top) =>
    columns.map((x) => ({
      left: clamp(x, MARGIN, window.width - MARGIN - size.width),
      top: clamp(top, MARGIN, window.height - MARGIN - size.height),
      ...size,
    })),
  );
  const cost = (box: Box): number => {
    const hidesAnchor = covered(box, [anchor]) > 0 ? 1000 : 0;
    return covered(box, line) + hidesAnchor;
  };
  const best = boxes.reduce((one, other) => (cost(other) < cost(one) ? other : one));
  return { x: best.left, y: best.top };
}
