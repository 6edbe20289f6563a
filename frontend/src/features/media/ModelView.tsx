/** Files that are not drawn here: what they are called, how large they are, and a way to have them. */
import { Box, Download, FileQuestionMark, Hexagon } from "lucide-react";
import { bytes } from "../../kit/format";
import { useUrl } from "./context";
import styles from "./Media.module.css";
import { PointCloud } from "./points/PointCloud";
import type { ViewerProps } from "./Viewer";
import { type Item, isCloud, itemsOf, nameOf } from "./values";

export function ModelView({ entry, value }: ViewerProps) {
  const items = itemsOf(value);
  const [first] = items;
  const cloud = isCloud(value) ? first : undefined;
  return (
    <div className={styles.models}>
      {cloud && <PointCloud item={cloud} name={entry.key} />}
      {items.length === 0 && <p className={styles.note}>It names no file.</p>}
      {items.map((item, at) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the same place of another step
        <Card key={at} item={item} />
      ))}
    </div>
  );
}

function Card({ item }: { item: Item }) {
  const url = useUrl()(item);
  const name = nameOf(item);
  const folder = item.path.split("/")[1];
  const Icon = folder === "molecule" ? Hexagon : folder === "object3D" ? Box : FileQuestionMark;
  return (
    <div className={styles.card}>
      <Icon size={18} aria-hidden />
      <span className={styles.cardName}>
        <b title={item.path}>{item.caption ?? name}</b>
        <span>
          {item.caption && `${name} · `}
          {item.size !== null && bytes(item.size)}
        </span>
      </span>
      {url && (
        <a href={url} download={name} className={styles.cardLink}>
          <Download size={15} aria-hidden />
          Download
        </a>
      )}
    </div>
  );
}
