/** One panel over the whole page, with the next and the previous one an arrow away. */
import { ChevronLeft, ChevronRight } from "lucide-react";
import { IconButton } from "../../kit/Button";
import { Dialog } from "../../kit/Dialog";
import { Drawn } from "./Panel";
import styles from "./Panel.module.css";

interface FullPanelProps {
  name: string;
  keys: readonly string[];
  onMove: (key: string) => void;
  onClose: () => void;
}

export function FullPanel({ name, keys, onMove, onClose }: FullPanelProps) {
  const at = keys.indexOf(name);
  const move = (by: number) => {
    const next = keys[(at + by + keys.length) % keys.length];
    if (next) onMove(next);
  };
  return (
    <Dialog label={name} size="full" onClose={onClose}>
      <section className={styles.full} data-testid="panel-full" data-key={name} aria-label={name}>
        <Drawn key={name} name={name} />
      </section>
      {keys.length > 1 && (
        <nav className={styles.steps} aria-label="Other panels">
          <IconButton label="Previous panel" side="top" onClick={() => move(-1)}>
            <ChevronLeft size={16} aria-hidden />
          </IconButton>
          <span>
            {at + 1} of {keys.length}
          </span>
          <IconButton label="Next panel" side="top" onClick={() => move(1)}>
            <ChevronRight size={16} aria-hidden />
          </IconButton>
        </nav>
      )}
    </Dialog>
  );
}
