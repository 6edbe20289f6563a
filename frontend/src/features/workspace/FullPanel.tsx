/** One panel over the whole page, with the next and the previous one an arrow away. */
import { ChevronLeft, ChevronRight, X } from "lucide-react";
import { IconButton } from "../../kit/Button";
import { Overlay } from "../../kit/Overlay";
import { FinerCurves } from "./charts";
import { Drawn } from "./Panel";
import styles from "./Panel.module.css";

interface FullPanelProps {
  name: string;
  keys: readonly string[];
  onMove: (key: string) => void;
  onClose: () => void;
}

const ICON = { size: 16, "aria-hidden": true } as const;

export function FullPanel({ name, keys, onMove, onClose }: FullPanelProps) {
  const at = keys.indexOf(name);
  const move = (by: number) => {
    const next = keys[(at + by + keys.length) % keys.length];
    if (next) onMove(next);
  };
  const onKey = (key: string) => {
    if (key === "ArrowLeft") move(-1);
    if (key === "ArrowRight") move(1);
  };
  return (
    <Overlay label={name} onClose={onClose} onKey={onKey}>
      <section className={styles.full} data-testid="panel-full" data-key={name} aria-label={name}>
        <FinerCurves>
          <Drawn
            key={name}
            name={name}
            controls={
              <>
                <IconButton label="Previous panel" hint="←" size="small" onClick={() => move(-1)}>
                  <ChevronLeft {...ICON} />
                </IconButton>
                <span className={styles.place}>
                  {at + 1} of {keys.length}
                </span>
                <IconButton label="Next panel" hint="→" size="small" onClick={() => move(1)}>
                  <ChevronRight {...ICON} />
                </IconButton>
                <IconButton label="Close" hint="Esc" size="small" onClick={onClose}>
                  <X {...ICON} />
                </IconButton>
              </>
            }
          />
        </FinerCurves>
      </section>
    </Overlay>
  );
}
