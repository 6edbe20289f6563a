/** Keys in sections that open and close: the part of a page that scrolls, whatever a key is shown as. */
import { ChevronDown, SearchX } from "lucide-react";
import { type ReactNode, useMemo, useRef } from "react";
import { Button } from "./Button";
import { classes } from "./classes";
import { count } from "./format";
import styles from "./Sections.module.css";
import { arrange, finder, type Section, type SectionOf, sectionOf } from "./sections";
import { EmptyState } from "./states";
import { useStored } from "./useStored";

const CLOSED: ReadonlySet<string> = new Set(["system", "CPU cores"]); // asked for now and then
const MANY_KEYS = 300; // above, only the first section opens by itself

interface SectionsProps {
  place: string; // what the open and closed sections are remembered under
  keys: readonly string[];
  find: string;
  onClearFind: () => void;
  panel: (key: string) => ReactNode;
  group?: SectionOf; // by prefix, if it is not given
}

/** Sections whose order holds while the page is open, whatever keys come. */
export function useSections(
  keys: readonly string[],
  place: string,
  group: SectionOf = sectionOf,
): Section[] {
  const held = useRef<{ place: string; sections: Section[] }>({ place, sections: [] });
  return useMemo(() => {
    const before = held.current.place === place ? held.current.sections : [];
    held.current = { place, sections: arrange(before, keys, group) };
    return held.current.sections;
  }, [keys, place, group]);
}

export function Sections({ place, keys, find, onClearFind, panel, group }: SectionsProps) {
  const sections = useSections(keys, place, group);
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
    section.index > 0 && (keys.length > MANY_KEYS || CLOSED.has(section.name));
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
            panel={panel}
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
  panel: (key: string) => ReactNode;
}

function SectionView({ section, open, onToggle, panel }: SectionViewProps) {
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
      {open && <div className={styles.grid}>{section.keys.map(panel)}</div>}
    </section>
  );
}
