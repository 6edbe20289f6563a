/** A file to take away. */
import { Download } from "lucide-react";
import { Tooltip } from "../../kit/Tooltip";
import styles from "./Media.module.css";

export function DownloadLink({ url, name }: { url: string; name: string }) {
  return (
    <Tooltip text={`Download ${name}`}>
      <a className={styles.download} href={url} download={name} aria-label={`Download ${name}`}>
        <Download size={15} aria-hidden />
      </a>
    </Tooltip>
  );
}
