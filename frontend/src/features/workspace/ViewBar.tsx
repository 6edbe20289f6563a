/** How all panels are looked at: x axis, smoothing, log, outliers, and which of them. */
import { ChevronDown, Search, X } from "lucide-react";
import { type Ref, useEffect, useRef, useState } from "react";
import type { XAxis } from "../../api/types";
import { Button, IconButton } from "../../kit/Button";
import { Chip } from "../../kit/Chip";
import { Field, Slider } from "../../kit/Field";
import { Menu, MenuChoice } from "../../kit/Menu";
import type { ChangeView } from "./useView";
import styles from "./ViewBar.module.css";
import type { View } from "./view";

const X_AXES = [
  { value: "step", label: "Step" },
  { value: "relative", label: "Relative time" },
  { value: "wall", label: "Wall time" },
] as const satisfies readonly { value: XAxis; label: string }[];

interface ViewBarProps {
  view: View;
  onChange: ChangeView;
  findRef?: Ref<HTMLInputElement>;
}

export function ViewBar({ view, onChange, findRef }: ViewBarProps) {
  const set = (change: Partial<View>, replace = false) =>
    onChange((before) => ({ ...before, ...change }), { replace });
  return (
    <div className={styles.bar} role="toolbar" aria-label="View">
      <Menu
        trigger={
          <Button>
            <span className={styles.dim}>X</span>
            {X_AXES.find((axis) => axis.value === view.x)?.label}
            <ChevronDown size={14} aria-hidden />
          </Button>
        }
      >
        <MenuChoice value={view.x} options={X_AXES} onChange={(x) => set({ x })} />
      </Menu>
      <Smoothing value={view.smooth} onChange={(smooth) => set({ smooth }, true)} />
      <Chip pressed={view.logY} onClick={() => set({ logY: !view.logY })}>
        Log Y
      </Chip>
      <Chip pressed={view.clip} onClick={() => set({ clip: !view.clip })}>
        Clip outliers
      </Chip>
      <Field
        ref={findRef}
        label="Find panels"
        placeholder="Find panels"
        className={styles.find}
        icon={<Search size={15} aria-hidden />}
        value={view.find}
        onChange={(event) => set({ find: event.target.value }, true)}
        after={
          view.find && (
            <IconButton label="Clear" size="small" onClick={() => set({ find: "" }, true)}>
              <X size={14} aria-hidden />
            </IconButton>
          )
        }
      />
    </div>
  );
}

const SETTLE_MS = 40;

/** The handle follows the hand at once, the charts as fast as they can. */
function Smoothing({ value, onChange }: { value: number; onChange: (value: number) => void }) {
  const [held, hold] = useState(value);
  const timer = useRef<ReturnType<typeof setTimeout> | null>(null);
  useEffect(() => {
    if (!timer.current) hold(value);
  }, [value]);
  const slide = (next: number) => {
    hold(next);
    if (timer.current) clearTimeout(timer.current);
    timer.current = setTimeout(() => {
      timer.current = null;
      onChange(Math.min(next, 0.99));
    }, SETTLE_MS);
  };
  return (
    <span className={styles.smooth}>
      <span aria-hidden>Smooth</span>
      <Slider label="Smoothing" value={held} onChange={slide} />
      <output>{held.toFixed(2)}</output>
    </span>
  );
}
