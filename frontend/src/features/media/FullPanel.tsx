/** One panel over the whole page, with the next and the previous one an arrow away. */
import { ChevronLeft, ChevronRight, X } from "lucide-react";
import { IconButton } from "../../kit/Button";
import { Overlay } from "../../kit/Overlay";
import { useMedia } from "./context";
import styles from "./Media.module.css";
import { Shown } from "./MediaPanel";
import type { PanelEntry } from "./panels";

interface FullPanelProps {
  entry: PanelEntry;
  keys: readonly string[];
}

const ICON = { size: 16, "aria-hidden": true } as const;

export function FullPanel({ entry, keys }: FullPanelProps) {
  const { expand } = useMedia();
  const at = keys.indexOf(entry.key);
  const move = (by: number) => expand(keys[(at + by + keys.length) % keys.length] ?? null);
  const close = () => expand(null);
  return (
    <Overlay label={entry.key} onClose={close}>
      <section
        className={styles.full}
        data-testid="media-full"
        data-key={entry.key}
        aria-label={entry.key}
      >
        <Shown
          key={entry.key}
          entry={entry}
          full
          controls={
            <>
              <IconButton label="Previous panel" size="small" onClick={() => move(-1)}>
                <ChevronLeft {...ICON} />
              </IconButton>
              <span className={styles.place}>
                {at + 1} of {keys.length}
              </span>
              <IconButton label="Next panel" size="small" onClick={() => move(1)}>
                <ChevronRight {...ICON} />
              </IconButton>
              <IconButton label="Close" hint="Esc" size="small" onClick={close}>
                <X {...ICON} />
              </IconButton>
            </>
          }
        />
      </section>
    </Overlay>
  );
}
