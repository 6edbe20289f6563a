/** Sound and moving pictures, with the browser's own controls; seeking reads only what is needed. */
import { useState } from "react";
import { useUrl } from "./context";
import { DownloadLink } from "./DownloadLink";
import styles from "./Media.module.css";
import type { ViewerProps } from "./Viewer";
import { type Item, itemsOf, kindOf, nameOf } from "./values";

export function PlayerView({ entry, value, full }: ViewerProps) {
  const items = itemsOf(value);
  const sound = kindOf(value) === "audio";
  const name = (at: number) => (items.length > 1 ? `${entry.key}, ${at + 1}` : entry.key);
  return (
    <div className={styles.players} data-sound={sound || undefined} data-full={full || undefined}>
      {items.map((item, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same place of another step
        <Player key={at} item={item} name={name(at)} sound={sound} />
      ))}
    </div>
  );
}

function Player({ item, name, sound }: { item: Item; name: string; sound: boolean }) {
  const url = useUrl()(item);
  const [failed, fail] = useState<string | null>(null);
  if (!url || failed === url) {
    return (
      <p className={styles.note}>
        {url ? "This browser cannot play it" : "It names no file"}: {nameOf(item)}
        {url && <DownloadLink url={url} name={nameOf(item)} />}
      </p>
    );
  }
  const onError = () => fail(url);
  const label = item.caption ? `${name}: ${item.caption}` : name;
  return (
    <figure className={styles.player}>
      {sound ? (
        // biome-ignore lint/a11y/useMediaCaption: a run logs no captions of speech
        <audio controls preload="metadata" src={url} aria-label={label} onError={onError} />
      ) : item.path.endsWith(".gif") ? (
        <img src={url} alt={label} onError={onError} />
      ) : (
        // biome-ignore lint/a11y/useMediaCaption: a run logs no captions of speech
        <video controls preload="metadata" src={url} aria-label={label} onError={onError} />
      )}
      <figcaption>
        <span title={item.caption ?? item.path}>{item.caption ?? nameOf(item)}</span>
        <DownloadLink url={url} name={nameOf(item)} />
      </figcaption>
    </figure>
  );
}
