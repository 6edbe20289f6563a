/** A Plotly figure in a frame of its own, which is also where Plotly is loaded. */
import { useQuery } from "@tanstack/react-query";
import plotly from "plotly.js-strict-dist-min/plotly-strict.min.js?url";
import { useEffect, useMemo } from "react";
import { fileQuery } from "../../../api/objects";
import { ErrorState, Skeleton } from "../../../kit/states";
import { useTheme } from "../../../kit/theme";
import { useUrl } from "../context";
import { DownloadLink } from "../DownloadLink";
import { Tools, type ViewerProps } from "../Viewer";
import { itemsOf, nameOf } from "../values";
import styles from "./Frames.module.css";
import { readFigure } from "./figure";
import { FRAMES, useFrame } from "./useFrame";

export function PlotlyView({ entry, value, tools }: ViewerProps) {
  const [item] = itemsOf(value);
  const url = useUrl()(item ?? { path: "", digest: null });
  const theme = useTheme();
  const { ref, show, ready, shown, failed, refused } = useFrame();
  const { data, error, refetch } = useQuery({ ...fileQuery(url ?? ""), enabled: url !== null });
  const figure = useMemo(
    () => (data === undefined ? null : readFigure(data, theme)),
    [data, theme],
  );
  useEffect(() => {
    if (ready && figure) show({ figure, script: plotly, scheme: theme });
  }, [ready, figure, theme, show]);
  if (error && data === undefined) return <ErrorState error={error} retry={() => void refetch()} />;
  const wrong = failed ?? (data !== undefined && !figure ? "The file holds no figure." : null);
  return (
    <div className={styles.frames}>
      {item && url && (
        <Tools into={tools}>
          <DownloadLink url={url} name={nameOf(item)} />
        </Tools>
      )}
      <div className={styles.document}>
        <iframe
          ref={ref}
          className={styles.figure}
          src={FRAMES.plotly}
          sandbox="allow-scripts"
          referrerPolicy="no-referrer"
          allow=""
          title={entry.key}
          data-testid="plotly-frame"
          data-shown={shown || undefined}
        />
        {!shown && !wrong && (
          <div className={styles.over}>
            <Skeleton height="100%" />
          </div>
        )}
        {wrong && (
          <p className={styles.wrong} role="alert">
            The figure could not be drawn: {wrong}
          </p>
        )}
        {shown && refused.length > 0 && (
          <p className={styles.refused}>
            It asked for {refused.join(", ")}: frames have no network.
          </p>
        )}
      </div>
    </div>
  );
}
