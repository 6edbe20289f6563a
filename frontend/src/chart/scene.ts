/** Scene: all that one painting of a panel is made from. */

import type { Reach } from "./layout";
import type { Line } from "./line";
import type { Zone } from "./ticks";
import type { ChartTheme, PanelOptions } from "./types";

/** What a picture is painted with, whatever it shows. */
export interface Look {
  readonly width: number;
  readonly height: number;
  /** Device pixels for each CSS pixel: hairlines are put on whole ones. */
  readonly ratio: number;
  readonly theme: ChartTheme;
  /** The group that is looked at; null, or one that is not here, dims nothing. */
  readonly focus: string | null;
  /** Groups that are not drawn. */
  readonly hidden: ReadonlySet<string>;
  readonly zone: Zone;
  /**
   * Strokes lines that are little more than a device pixel wide as hairlines, twice over: the same
   * ink, five to ten times faster where no GPU paints. For screens, not for pictures to keep.
   */
  readonly hairlines: boolean;
  /** The width of every line; by their number and focus when left out. */
  readonly lineWidth?: number | undefined;
}

export interface Scene extends Look {
  readonly options: PanelOptions;
  /** Those that are not hidden. */
  readonly lines: readonly Line[];
  readonly reach: Reach;
}
