/** The images of a step: one as large as there is room for, several as a grid; a click enlarges. */
import { useState } from "react";
import { Button } from "../../../kit/Button";
import { count } from "../../../kit/format";
import { useMedia, useUrl } from "../context";
import { DownloadLink } from "../DownloadLink";
import { labelsIn } from "../labels";
import { Tools, type ViewerProps } from "../Viewer";
import { nameOf, type Picture, picturesOf } from "../values";
import styles from "./Images.module.css";
import { Legend } from "./Legend";
import { Pictured } from "./Pictured";
import { type Switches, useLegend, useSwitches } from "./useLayers";
import { Zoom } from "./Zoom";

const AT_FIRST = 200; // of thousands, the rest when asked for

export function ImagesView({ entry, value, tools, full }: ViewerProps) {
  const { config } = useMedia();
  const url = useUrl();
  const pictures = picturesOf(value, (layer) => labelsIn(config, entry.values.key, layer));
  const switches = useSwitches();
  const [all, showAll] = useState(false);
  const [zoomed, zoom] = useState<number | null>(null);
  const shown = all ? pictures : pictures.slice(0, AT_FIRST);
  const layers = useLegend(shown);
  const [only] = pictures.length === 1 ? pictures : [];
  const single = only ? url(only) : null;
  return (
    <div className={styles.view}>
      {only && single && (
        <Tools into={tools}>
          <DownloadLink url={single} name={nameOf(only)} />
        </Tools>
      )}
      {pictures.length === 0 && <p className={styles.missing}>It names no image.</p>}
      <div
        className={styles.images}
        data-single={only ? true : undefined}
        data-full={full || undefined}
        style={{ "--tile": `${tileOf(pictures.length, full)}px` } as React.CSSProperties}
      >
        {shown.map((picture, at) => (
          <Tile
            // biome-ignore lint/suspicious/noArrayIndexKey: the same place of another step
            key={at}
            picture={picture}
            name={only ? entry.key : `${entry.key}, image ${at + 1}`}
            single={only !== undefined}
            switches={switches}
            onZoom={() => zoom(at)}
          />
        ))}
        {shown.length < pictures.length && (
          <Button onClick={() => showAll(true)}>Show all {count(pictures.length)}</Button>
        )}
      </div>
      <Legend layers={layers} switches={switches} />
      {zoomed !== null && pictures.length > 0 && (
        <Zoom
          name={entry.key}
          pictures={pictures}
          at={Math.min(zoomed, pictures.length - 1)}
          onMove={zoom}
          onClose={() => zoom(null)}
          switches={switches}
          legend={<Legend layers={layers} switches={switches} />}
        />
      )}
    </div>
  );
}

/** How wide a tile is at least: few images are large, many are small. */
function tileOf(many: number, full: boolean): number {
  if (many <= 4) return full ? 420 : 130;
  if (many <= 12) return full ? 300 : 84;
  return full ? 180 : 72;
}

interface TileProps {
  picture: Picture;
  name: string;
  single: boolean;
  switches: Switches;
  onZoom: () => void;
}

function Tile({ picture, name, single, switches, onZoom }: TileProps) {
  const { width, height, caption } = picture;
  const ratio = width && height ? `${width} / ${height}` : "1";
  return (
    <figure className={styles.tile}>
      <div className={styles.frame} style={single ? undefined : { aspectRatio: ratio }}>
        <Pictured picture={picture} alt={caption ?? name} switches={switches} />
        <button
          type="button"
          className={styles.enlarge}
          aria-label={`Enlarge ${caption ?? name}`}
          onClick={onZoom}
        />
      </div>
      {caption !== null && <figcaption title={caption}>{caption}</figcaption>}
    </figure>
  );
}
