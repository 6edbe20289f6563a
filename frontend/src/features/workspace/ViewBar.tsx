/** How all panels are looked at: x axis, smoothing, log, outliers, and which of them. */
import { Plus, Redo2, Search, Share2, Undo2, X } from "lucide-react";
import { type ReactNode, type Ref, useEffect, useRef, useState } from "react";
import { Button, IconButton } from "../../kit/Button";
import { Chip } from "../../kit/Chip";
import { Slider } from "../../kit/Field";
import { TypedField } from "../../kit/TypedField";
import { addPanel } from "./fresh-panels";
import type { ChangeView } from "./useView";
import styles from "./ViewBar.module.css";
import type { View } from "./view";
import { XMenu } from "./XMenu";

interface ViewBarProps {
  view: View;
  onChange: ChangeView;
  findRef?: Ref<HTMLInputElement>;
  undo: (() => void) | null;
  redo: (() => void) | null;
  keys: readonly string[]; // that may be x
  onShare?: () => void;
  section: string | undefined; // where a new panel goes
  before?: ReactNode; // at the beginning of the bar
}

export function ViewBar({ view, onChange, findRef, undo, redo, ...rest }: ViewBarProps) {
  const { keys, onShare, section, before } = rest;
  const set = (change: Partial<View>, replace = false) =>
    onChange((before) => ({ ...before, ...change }), { replace });
  return (
    <div className={styles.bar} role="toolbar" aria-label="View">
      {before}
      <span className={styles.steps}>
        <IconButton
          label="Undo"
          hint="⌘Z"
          disabled={!undo}
          className={styles.step}
          onClick={() => undo?.()}
        >
          <Undo2 size={16} aria-hidden />
        </IconButton>
        <IconButton
          label="Redo"
          hint="⇧⌘Z"
          disabled={!redo}
          className={styles.step}
          onClick={() => redo?.()}
        >
          <Redo2 size={16} aria-hidden />
        </IconButton>
      </span>
      <XMenu x={view.x} keys={keys} onChange={(x) => set({ x })} />
      <Smoothing value={view.smooth} onChange={(smooth) => set({ smooth }, true)} />
      <Chip pressed={view.logY} onClick={() => set({ logY: !view.logY })}>
        Log Y
      </Chip>
      <Chip pressed={view.clip} onClick={() => set({ clip: !view.clip })}>
        Clip <span className={styles.wide}>outliers</span>
      </Chip>
      <TypedField
        ref={findRef}
        label="Find panels"
        placeholder="Find panels"
        className={styles.find}
        icon={<Search size={15} aria-hidden />}
        value={view.find}
        onType={(find) => set({ find }, true)}
        after={
          view.find && (
            <IconButton label="Clear" size="small" onClick={() => set({ find: "" }, true)}>
              <X size={14} aria-hidden />
            </IconButton>
          )
        }
      />
      {onShare && (
        <IconButton label="Copy a link to this view" onClick={onShare}>
          <Share2 size={16} aria-hidden />
        </IconButton>
      )}
      <Button
        variant="primary"
        icon={<Plus size={15} aria-hidden />}
        className={styles.add}
        onClick={() => addPanel(onChange, { after: null, ...(section ? { section } : {}) })}
      >
        <span className={styles.wider}>Add panel</span>
      </Button>
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
      <span aria-hidden className={styles.wide}>
        Smooth
      </span>
      <Slider label="Smoothing" value={held} onChange={slide} />
      <output>{held.toFixed(2)}</output>
    </span>
  );
}
