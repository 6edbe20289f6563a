/** A plot of the engine on the page, with its name and what can be taken away of it. */
import { Download } from "lucide-react";
import { lazy, type ReactNode, Suspense, useEffect, useRef, useState } from "react";
import {
  type ChartHub,
  type ChartPlot,
  darkTheme,
  lightTheme,
  type PlotHooks,
  type PlotSpec,
} from "../../chart";
import { runsHub } from "../../chart/browser";
import { createPlot } from "../../chart/plots";
import { IconButton } from "../../kit/Button";
import { download } from "../../kit/download";
import { layers } from "../../kit/layers";
import { Menu, MenuItem } from "../../kit/Menu";
import { useTheme } from "../../kit/theme";
import { toast } from "../../kit/toast";
import { useMade } from "../../kit/useMade";
import styles from "./Plots.module.css";

const PublishDialog = lazy(() => import("../../kit/PublishDialog"));

/** One for the whole page; null until it is there. */
export function useHub(): ChartHub | null {
  const theme = useTheme();
  const hub = useMade(() =>
    runsHub({
      layers: layers(),
      onError: (error) => toast(`Plots are painted on the page itself: ${error.message}`),
    }),
  );
  useEffect(() => hub?.setTheme(theme === "dark" ? darkTheme : lightTheme), [hub, theme]);
  return hub;
}

interface PlotProps {
  hub: ChartHub | null;
  spec: PlotSpec;
  hooks?: PlotHooks;
  hovered?: string | null;
  height: number;
  least?: number; // a narrower page scrolls
  note?: ReactNode;
  tools?: ReactNode; // in its header
}

export function Plot({
  hub,
  spec,
  hooks = {},
  hovered = null,
  height,
  least,
  note,
  tools,
}: PlotProps) {
  const host = useRef<HTMLDivElement>(null);
  const [plot, setPlot] = useState<ChartPlot | null>(null);
  const latest = useRef({ spec, hooks });
  latest.current = { spec, hooks };
  const { type } = spec;
  // biome-ignore lint/correctness/useExhaustiveDependencies: another kind of plot is another plot
  useEffect(() => {
    if (!hub || !host.current) return;
    const made = createPlot(hub, host.current, latest.current.spec, {
      onPick: (hover) => latest.current.hooks.onPick?.(hover),
      onBrush: (brushes, ids) => latest.current.hooks.onBrush?.(brushes, ids),
      onOrder: (keys) => latest.current.hooks.onOrder?.(keys),
    });
    setPlot(made);
    return () => {
      made.destroy();
      setPlot(null);
    };
  }, [hub, type]);
  useEffect(() => {
    if (plot && plot.spec !== spec) plot.setSpec(spec);
  }, [plot, spec]);
  useEffect(() => plot?.setHovered(hovered), [plot, hovered]);
  return (
    <section className={styles.plot} aria-label={spec.title} data-testid="plot" data-kind={type}>
      <header className={styles.plotHead}>
        <h2 title={spec.title}>{spec.title}</h2>
        {tools}
        {plot && <TakeAway plot={plot} name={spec.title} />}
      </header>
      <div className={styles.across}>
        <div className={styles.host} style={{ height, minWidth: least }}>
          <div ref={host} />
        </div>
      </div>
      {note && <div className={styles.note}>{note}</div>}
    </section>
  );
}

function TakeAway({ plot, name }: { plot: ChartPlot; name: string }) {
  const [publishing, publish] = useState(false);
  const file = name.replace(/[^\p{L}\p{N}]+/gu, "-");
  const take = (ending: string, made: Promise<Blob | string> | string, kind: string) => {
    Promise.resolve(made)
      .then((content) => download(`${file}.${ending}`, content, kind))
      .catch((error: Error) => toast(`The picture could not be made: ${error.message}`));
  };
  return (
    <>
      <Menu
        align="end"
        trigger={
          <IconButton label={`Download ${name}`} size="small">
            <Download size={15} aria-hidden />
          </IconButton>
        }
      >
        <MenuItem onSelect={() => take("png", plot.exportPng({ scale: 2 }), "image/png")}>
          PNG
        </MenuItem>
        <MenuItem onSelect={() => take("svg", plot.exportSvg(), "image/svg+xml")}>SVG</MenuItem>
        <MenuItem onSelect={() => publish(true)}>Publish…</MenuItem>
        <MenuItem onSelect={() => take("csv", plot.exportCsv(), "text/csv")}>CSV</MenuItem>
        <MenuItem onSelect={() => take("py", plot.exportMatplotlib(), "text/x-python")}>
          matplotlib script
        </MenuItem>
      </Menu>
      {publishing && (
        <Suspense fallback={null}>
          <PublishDialog
            name={name}
            onTake={async (how) => download(`${file}.${how.format}`, await plot.publish(how))}
            onClose={() => publish(false)}
          />
        </Suspense>
      )}
    </>
  );
}
