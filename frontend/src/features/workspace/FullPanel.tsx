/** One panel over the whole page, with the next and the previous one an arrow away. */
import { ChevronLeft, ChevronRight, X } from "lucide-react";
import { IconButton } from "../../kit/Button";
import { Overlay } from "../../kit/Overlay";
import { FinerCurves } from "./charts";
import { Drawn } from "./Panel";
import styles from "./Panel.module.css";

interface FullPanelProps {
  name: string;
  ids: readonly string[];
  sectionOf: (id: string) => string;
  onMove: (id: string) => void;
  onClose: () => void;
}

const ICON = { size: 16, "aria-hidden": true } as const;

export default function FullPanel({ name, ids, sectionOf, onMove, onClose }: FullPanelProps) {
  const at = ids.indexOf(name);
  const move = (by: number) => {
    const next = ids[(at + by + ids.length) % ids.length];
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
            id={name}
            section={sectionOf(name)}
            controls={
              <>
                <IconButton label="Previous panel" hint="←" size="small" onClick={() => move(-1)}>
                  <ChevronLeft {...ICON} />
                </IconButton>
                <span className={styles.place}>
                  {at + 1} of {ids.length}
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
