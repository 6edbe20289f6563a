/** A section: its header, which opens, closes and drags it, and its panels. */
import { ChevronDown, MoreHorizontal } from "lucide-react";
import { lazy, useState } from "react";
import { classes } from "../../kit/classes";
import { count } from "../../kit/format";
import { Menu } from "../../kit/Menu";
import type { Section } from "../../kit/sections";
import { useCharts } from "./charts";
import { useDragging } from "./dragging";
import styles from "./Grid.module.css";
import { member, sectionPut } from "./layout";
import { Rows } from "./Rows";
import { SectionName } from "./SectionName";

const menu = () => import("./SectionMenu");
const SectionMenu = lazy(menu);

interface SectionViewProps {
  section: Section;
  names: readonly string[];
  open: boolean;
  onToggle: () => void;
  onExpand: (id: string) => void;
}

export function SectionView({ section, names, open, onToggle, onExpand }: SectionViewProps) {
  const { view, change } = useCharts();
  const { name } = section;
  const id = `section-${name}`;
  const title = member(view.layout.sections, name)?.title ?? name;
  const [naming, nameIt] = useState(false);
  const dragging = useDragging("section", name, (dropped) =>
    change((before) => ({ ...before, layout: sectionPut(before.layout, names, dropped, name) })),
  );
  return (
    <section aria-label={title} className={styles.section}>
      <div className={styles.header} {...dragging.place}>
        {naming ? (
          <SectionName name={name} title={title} onDone={() => nameIt(false)} />
        ) : (
          <h2 id={id} {...dragging.handle}>
            <button type="button" aria-expanded={open} className={styles.toggle} onClick={onToggle}>
              <ChevronDown
                size={16}
                aria-hidden
                className={classes(styles.chevron, !open && styles.closed)}
              />
              {title}
              <span className={styles.count}>{count(section.keys.length)}</span>
            </button>
          </h2>
        )}
        <Menu
          align="end"
          trigger={
            <button
              type="button"
              className={styles.more}
              aria-label={`Section ${title}`}
              onPointerEnter={menu}
            >
              <MoreHorizontal size={16} aria-hidden />
            </button>
          }
        >
          <SectionMenu name={name} names={names} onRename={() => nameIt(true)} />
        </Menu>
      </div>
      {open && <Rows section={section} onExpand={onExpand} />}
    </section>
  );
}
