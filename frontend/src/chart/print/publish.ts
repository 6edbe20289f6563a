/**
 * A picture for print: the same painting, on a page of a chosen size.
 *
 * All of it is scaled by the size of the text, so that margins and marks keep their proportions;
 * lines get the width that was asked for.
 */

import type { Act, LegendItem } from "../act";
import type { Look } from "../scene";
import type { Surface } from "../surface";
import { SvgSurface } from "../svg";
import { lightTheme } from "../theme";
import { localZone } from "../ticks";
import type { PublishOptions } from "../types";
import { CSS_NAMES, type Face, widthOf } from "./faces";
import { PdfSurface } from "./pdf";

/** The size of text that the painters draw with. */
const DRAWN = 11;
const POINTS = { mm: 72 / 25.4, in: 72, px: 0.75 } as const;
const ROW = 16;
const SWATCH = 18;
const GAP = 14;
const TITLE = 20;
/** Longest side of a page, in points, that a reader of PDF has to take. */
const LARGEST = 14_400;

/** A surface whose origin can be moved. */
type PrintSurface = Surface & { moveOrigin(x: number, y: number): void };

interface Sheet {
  /** In points. */
  readonly page: { readonly width: number; readonly height: number };
  /** Points of one unit of what is drawn. */
  readonly scale: number;
  readonly face: Face;
  readonly lineWidth: number;
}

function sheetOf(options: PublishOptions): Sheet {
  const unit = POINTS[options.unit];
  const pen = options.unit === "px" ? POINTS.px : 1;
  const page = { width: options.width * unit, height: options.height * unit };
  const isPage = [page.width, page.height].every((side) => side > 0 && side <= LARGEST);
  if (!isPage) throw new Error("a picture is between 0 and 200 inches wide and high");
  const scale = ((options.fontSize ?? 8) * pen) / DRAWN;
  const face = options.font ?? "sans";
  return { page, scale, face, lineWidth: ((options.lineWidth ?? 1) * pen) / scale };
}

export async function publish(
  act: Act,
  options: PublishOptions,
  { hidden }: { readonly hidden: ReadonlySet<string> },
): Promise<Blob> {
  const sheet = sheetOf(options);
  const { page, scale, face } = sheet;
  const size = { width: page.width / scale, height: page.height / scale };
  const theme = { ...(options.theme ?? lightTheme), font: CSS_NAMES[face] };
  const look: Look = {
    ...size,
    // Half a unit is a pixel: at 8 points of text about 200 to the inch.
    ratio: 2,
    theme,
    focus: null,
    hidden,
    zone: localZone,
    hairlines: false,
    lineWidth: sheet.lineWidth,
  };
  if (options.format === "pdf") {
    const pdf = new PdfSurface(page, scale, face, act.title);
    compose(pdf, act, look, options, face);
    return new Blob([(await pdf.toBytes()) as BlobPart], { type: "application/pdf" });
  }
  const { unit } = options;
  const svg = new SvgSurface(size.width, size.height, act.title, {
    digits: 2,
    width: `${options.width}${unit}`,
    height: `${options.height}${unit}`,
    measure: (text, fontSize) => widthOf(text, face, fontSize),
  });
  compose(svg, act, look, options, face);
  return new Blob([svg.toString()], { type: "image/svg+xml" });
}

/** Title above, the painting, and the legend below or beside it. */
function compose(
  surface: PrintSurface,
  act: Act,
  look: Look,
  options: PublishOptions,
  face: Face,
): void {
  const { width, height, theme } = look;
  const items = options.legend === "none" ? [] : act.legend(look);
  const measure = (text: string): number => widthOf(text, face, DRAWN);
  const beside = options.legend === "right";
  const places = placed(items, beside ? 0 : width - 2 * GAP, measure);
  const top = options.title && act.title ? TITLE : 0;
  const below = beside || items.length === 0 ? 0 : (places.at(-1)?.row ?? 0) * ROW + ROW + 6;
  const longest = Math.max(0, ...items.map(({ name }) => measure(name)));
  const right = beside && items.length > 0 ? Math.min(width * 0.4, longest + SWATCH + 2 * GAP) : 0;
  surface.fillStyle = theme.panel;
  surface.fillRect(0, 0, width, height);
  surface.save();
  surface.moveOrigin(0, top);
  act.paint(surface, { ...look, width: width - right, height: height - top - below });
  surface.restore();
  surface.font = `${DRAWN}px ${theme.font}`;
  if (top > 0) {
    surface.fillStyle = theme.text1;
    surface.textAlign = "center";
    surface.textBaseline = "alphabetic";
    surface.fillText(act.title, width / 2, 14);
  }
  surface.save();
  surface.moveOrigin(
    beside ? width - right + GAP / 2 : GAP,
    beside ? top + 16 : height - below + 8,
  );
  for (const place of places) drawItem(surface, place, look);
  surface.restore();
}

interface Placed extends LegendItem {
  readonly x: number;
  readonly row: number;
}

/** One after the other as far as they fit on a row; one on each row when there is no width. */
function placed(
  items: readonly LegendItem[],
  width: number,
  measure: (text: string) => number,
): Placed[] {
  let [x, row] = [0, 0];
  return items.map((item, i) => {
    const wide = SWATCH + 5 + measure(item.name);
    if (i > 0 && x + wide > width) [x, row] = [0, row + 1];
    const at = { ...item, x, row };
    x += wide + GAP;
    return at;
  });
}

function drawItem(surface: Surface, { name, color, dash, x, row }: Placed, look: Look): void {
  const y = row * ROW;
  surface.globalAlpha = 1;
  surface.strokeStyle = color;
  surface.lineWidth = Math.max(1, look.lineWidth ?? 1);
  surface.setLineDash([...dash]);
  surface.beginPath();
  surface.moveTo(x, y);
  surface.lineTo(x + SWATCH, y);
  surface.stroke();
  surface.setLineDash([]);
  surface.fillStyle = look.theme.text1;
  surface.textAlign = "left";
  surface.textBaseline = "middle";
  surface.fillText(name, x + SWATCH + 5, y);
}
