/** HTML that a run logged, in a frame that it cannot get out of. */
import { useQuery } from "@tanstack/react-query";
import { useEffect } from "react";
import { fileQuery } from "../../../api/objects";
import { ErrorState } from "../../../kit/states";
import { useUrl } from "../context";
import { DownloadLink } from "../DownloadLink";
import { Tools, type ViewerProps } from "../Viewer";
import { type Item, itemsOf, nameOf } from "../values";
import styles from "./Frames.module.css";
import { FRAMES, useFrame } from "./useFrame";

export function HtmlView({ entry, value, tools }: ViewerProps) {
  const items = itemsOf(value);
  const url = useUrl();
  const [only] = items.length === 1 ? items : [];
  const single = only && url(only);
  return (
    <div className={styles.frames} data-many={items.length > 1 || undefined}>
      {only && single && (
        <Tools into={tools}>
          <DownloadLink url={single} name={nameOf(only)} />
        </Tools>
      )}
      {items.map((item, at) => (
        <Document
          // biome-ignore lint/suspicious/noArrayIndexKey: the same place of another step
          key={at}
          item={item}
          title={items.length > 1 ? `${entry.key}, ${at + 1}` : entry.key}
        />
      ))}
    </div>
  );
}

function Document({ item, title }: { item: Item; title: string }) {
  const url = useUrl()(item);
  const { data, error, refetch } = useQuery({ ...fileQuery(url ?? ""), enabled: url !== null });
  if (error && data === undefined) return <ErrorState error={error} retry={() => void refetch()} />;
  return (
    <div className={styles.document}>
      {data === undefined ? null : <Framed key={url} html={data} title={title} />}
    </div>
  );
}

/** One frame shows one document: another one begins anew, and keeps nothing of the last. */
function Framed({ html, title }: { html: string; title: string }) {
  const { ref, show, ready, refused } = useFrame();
  useEffect(() => {
    if (ready) show({ html });
  }, [ready, html, show]);
  return (
    <>
      <iframe
        ref={ref}
        className={styles.frame}
        src={FRAMES.html}
        sandbox="allow-scripts"
        referrerPolicy="no-referrer"
        allow=""
        title={title}
        data-testid="html-frame"
      />
      {refused.length > 0 && (
        <p className={styles.refused} data-testid="refused">
          It asked for {refused.join(", ")}: frames have no network. A file that brings along all it
          needs is shown in full.
        </p>
      )}
    </>
  );
}
