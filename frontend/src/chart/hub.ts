/** Being built: the face is types.ts `ChartHubFace`. */

import type {
  ChartHubFace,
  ChartPanel,
  ChartTheme,
  Domain,
  HubOptions,
  PanelOptions,
} from "./types";

export class ChartHub implements ChartHubFace {
  constructor(readonly options: HubOptions = {}) {}
  createPanel(_host: HTMLElement, _options?: Partial<PanelOptions>): ChartPanel {
    throw new Error("not built yet");
  }
  setFocus(_group: string | null): void {}
  setHidden(_groups: ReadonlySet<string>): void {}
  setHoverX(_x: number | null): void {}
  setTheme(_theme: ChartTheme): void {}
  setZoom(_domain: Domain | null): void {}
  setSyncZoom(_sync: boolean): void {}
  async painted(): Promise<void> {}
  destroy(): void {}
}
