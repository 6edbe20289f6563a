/** Panels in sections: the part of a page that scrolls, for many runs or for one. */
import { ChevronDown, SearchX } from "lucide-react";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { Button } from "../../kit/Button";
import { classes } from "../../kit/classes";
import { count } from "../../kit/format";
import { EmptyState } from "../../kit/states";
import { useStored } from "../../kit/useStored";
import styles from "./Grid.module.css";
import { Panel } from "./Panel";
import { arrange, finder, type Section } from "./sections";

const MANY_KEYS = 300; // above, only the first section opens by itself

interface GridProps {
  place: string; // what the open and closed sections are remembered under
  keys: readonly string[];
  find: string;
  onClearFind: () => void;
  onExpand: (key: string) => void;
}

/** Sections whose order holds while the page is open, whatever keys come. */
export function useSections(keys: readonly string[], place: string): Section[] {
  const held = useRef<{ place: string; sections: Section[] }>({ place, sections: [] });
  return useMemo(() => {
    const before = held.current.place === place ? held.current.sections : [];
    held.current = { place, sections: arrange(before, keys) };
    return held.current.sections;
  }, [keys, place]);
}

export function Grid({ place, keys, find, onClearFind, onExpand }: GridProps) {
  const sections = useSections(keys, place);
  const [toggled, setToggled] = useStored<Record<string, boolean>>(
    `wanllmdb.sections.${place}`,
    {},
  );
  const matches = useMemo(() => finder(find), [find]);
  const found = sections
    .map((section, index) => ({ ...section, index, keys: section.keys.filter(matches) }))
    .filter((section) => section.keys.length > 0);
  if (find && found.length === 0) {
    return (
      <EmptyState
        icon={<SearchX size={20} aria-hidden />}
        title={`0 of ${count(keys.length)} panels match`}
        action={<Button onClick={onClearFind}>Clear search</Button>}
      />
    );
  }
  const closedAtFirst = (section: { name: string; index: number }) =>
    section.index > 0 && (keys.length > MANY_KEYS || section.name === "system");
  return (
    <div className={styles.sections}>
      {found.map((section) => {
        const open = find !== "" || (toggled[section.name] ?? !closedAtFirst(section));
        return (
          <SectionView
            key={section.name}
            section={section}
            open={open}
            onToggle={() => setToggled({ ...toggled, [section.name]: !open })}
            onExpand={onExpand}
          />
        );
      })}
    </div>
  );
}

interface SectionViewProps {
  section: Section;
  open: boolean;
  onToggle: () => void;
  onExpand: (key: string) => void;
}

function SectionView({ section, open, onToggle, onExpand }: SectionViewProps) {
  const id = `section-${section.name}`;
  return (
    <section aria-labelledby={id}>
      <h2 className={styles.header} id={id}>
        <button type="button" aria-expanded={open} className={styles.toggle} onClick={onToggle}>
          <ChevronDown
            size={16}
            aria-hidden
            className={classes(styles.chevron, !open && styles.closed)}
          />
          {section.name}
          <span className={styles.count}>{count(section.keys.length)}</span>
        </button>
      </h2>
      {open && (
        <div className={styles.grid}>
          {section.keys.map((key) => (
            <Cell key={key} name={key} onExpand={onExpand} />
          ))}
        </div>
      )}
    </section>
  );
}

function Cell({ name, onExpand }: { name: string; onExpand: (key: string) => void }) {
  const expand = useCallback(() => onExpand(name), [name, onExpand]);
  return <Panel name={name} onExpand={expand} />;
}

const PANEL_AT_LEAST = 320;
const GAP = 12;
const STEP = 200; // widths in between ask for the same curves

/** Buckets for the panels of a grid this wide: about one for each pixel, in coarse steps. */
export function bucketsFor(width: number, ratio: number): number {
  const columns = Math.max(1, Math.floor((width + GAP) / (PANEL_AT_LEAST + GAP)));
  const pixels = (width / columns) * Math.min(ratio, 2);
  return Math.min(2000, Math.max(STEP, Math.ceil(pixels / STEP) * STEP));
}

/** How fine curves have to be for this element; it only grows, as finer is never wrong. */
export function useBuckets(): [(element: HTMLElement | null) => void, number] {
  const [buckets, setBuckets] = useState(() => bucketsFor(innerWidth - 400, devicePixelRatio));
  const [element, setElement] = useState<HTMLElement | null>(null);
  useEffect(() => {
    if (!element) return;
    const observer = new ResizeObserver(([entry]) => {
      const width = entry?.contentRect.width ?? 0;
      setBuckets((before) => Math.max(before, bucketsFor(width, devicePixelRatio)));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [element]);
  return [setElement, buckets];
}
