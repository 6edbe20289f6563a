/** A cell of a table: a number, a text, or a medium in small. */
import { useState, useSyncExternalStore } from "react";
import type { Json } from "../../../api/types";
import { exact, fromJson, plain } from "../../../kit/format";
import { useUrl } from "../context";
import { DownloadLink } from "../DownloadLink";
import { useSwitches } from "../images/useLayers";
import { Zoom } from "../images/Zoom";
import { itemsOf, kindOf, nameOf, type Picture, picturesOf } from "../values";
import type { Row } from "./messages";
import type { OpenTable } from "./OpenTable";
import { type ColumnKind, isMedia } from "./rows";
import styles from "./TableView.module.css";

function useRow(table: OpenTable, at: number): Row | undefined {
  return useSyncExternalStore(table.subscribe, () => table.row(at));
}

export function RowNumber({ table, at }: { table: OpenTable; at: number }) {
  const row = useRow(table, at);
  return <span className={styles.number}>{row ? row.number + 1 : ""}</span>;
}

interface CellProps {
  table: OpenTable;
  at: number;
  column: number;
  kind: ColumnKind;
}

export function Cell({ table, at, column, kind }: CellProps) {
  const row = useRow(table, at);
  if (!row) return null;
  const value = row.cells[column] ?? null;
  if (isMedia(value)) return <MediaCell value={value} />;
  const number = kind === "number" ? fromJson(value) : null;
  if (number !== null) return <span title={exact(number)}>{plain(number)}</span>;
  const text = plain(value);
  return (
    <span
      className={styles.text}
      title={text.slice(0, 2000)}
      data-empty={value === null || undefined}
    >
      {text.length > 300 ? `${text.slice(0, 300)}…` : text}
    </span>
  );
}

function MediaCell({ value }: { value: Json }) {
  const kind = kindOf(value);
  const url = useUrl();
  if (kind === "images") return <Thumbnails pictures={picturesOf(value)} />;
  if (kind === "histogram") return <span className={styles.text}>histogram</span>;
  const [item] = itemsOf(value);
  const at = item && url(item);
  if (!item || !at) return <span className={styles.text}>{plain(value)}</span>;
  if (kind === "audio") {
    return (
      // biome-ignore lint/a11y/useMediaCaption: a run logs no captions of speech
      <audio className={styles.audio} controls preload="none" src={at} aria-label={nameOf(item)} />
    );
  }
  return (
    <span className={styles.file}>
      <span title={item.path}>{item.caption ?? nameOf(item)}</span>
      <DownloadLink url={at} name={nameOf(item)} />
    </span>
  );
}

function Thumbnails({ pictures }: { pictures: readonly Picture[] }) {
  const url = useUrl();
  const switches = useSwitches();
  const [zoomed, zoom] = useState<number | null>(null);
  return (
    <span className={styles.thumbnails}>
      {pictures.map((picture, at) => {
        const name = picture.caption ?? nameOf(picture);
        return (
          <button
            // biome-ignore lint/suspicious/noArrayIndexKey: the same place of another row
            key={at}
            type="button"
            className={styles.thumbnail}
            aria-label={`Enlarge ${name}`}
            onClick={() => zoom(at)}
          >
            <img
              src={url(picture) ?? undefined}
              alt={name}
              width={picture.width ?? undefined}
              height={picture.height ?? undefined}
              loading="lazy"
              decoding="async"
            />
          </button>
        );
      })}
      {zoomed !== null && (
        <Zoom
          name={pictures[zoomed]?.caption ?? "Image"}
          pictures={pictures}
          at={zoomed}
          onMove={zoom}
          onClose={() => zoom(null)}
          switches={switches}
          legend={null}
        />
      )}
    </span>
  );
}
