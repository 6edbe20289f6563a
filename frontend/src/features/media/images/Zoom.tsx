/** One image over the whole page: wheel, buttons and keys enlarge it, a drag moves it. */
import { ChevronLeft, ChevronRight, Maximize, Minus, Plus, X } from "lucide-react";
import { type ReactNode, useEffect, useRef, useState } from "react";
import { IconButton } from "../../../kit/Button";
import { Dialog } from "../../../kit/Dialog";
import { useUrl } from "../context";
import { DownloadLink } from "../DownloadLink";
import { nameOf, type Picture } from "../values";
import styles from "./Images.module.css";
import type { Area } from "./layers";
import { FITTED, type Look, moved, scaled } from "./look";
import { Pictured } from "./Pictured";
import type { Switches } from "./useLayers";

interface ZoomProps {
  name: string;
  pictures: readonly Picture[];
  at: number;
  onMove: (at: number) => void;
  onClose: () => void;
  switches: Switches;
  legend: ReactNode;
}

const ICON = { size: 16, "aria-hidden": true } as const;
const BY_KEY = 1.25;
const BY_ARROW = 60; // pixels

export function Zoom({ name, pictures, at, onMove, onClose, switches, legend }: ZoomProps) {
  const [look, setLook] = useState<Look>(FITTED);
  const [natural, setNatural] = useState<Area | null>(null);
  const stage = useRef<HTMLDivElement>(null);
  const picture = pictures[at] as Picture;
  const url = useUrl()(picture);
  const move = (by: number) => {
    setLook(FITTED);
    onMove((at + by + pictures.length) % pictures.length);
  };
  const enlarge = (by: number) => setLook((before) => scaled(before, by, { x: 0, y: 0 }));
  useWheel(stage, (by, from) => setLook((before) => scaled(before, by, from)));
  const acts: Record<string, () => void> = {
    "+": () => enlarge(BY_KEY),
    "=": () => enlarge(BY_KEY),
    "-": () => enlarge(1 / BY_KEY),
    "0": () => setLook(FITTED),
    ArrowLeft: () => (look.scale > 1 ? setLook(moved(look, BY_ARROW, 0)) : move(-1)),
    ArrowRight: () => (look.scale > 1 ? setLook(moved(look, -BY_ARROW, 0)) : move(1)),
    ArrowUp: () => setLook(moved(look, 0, BY_ARROW)),
    ArrowDown: () => setLook(moved(look, 0, -BY_ARROW)),
  };
  const caption = picture.caption ?? (pictures.length > 1 ? `Image ${at + 1}` : "");
  return (
    <Dialog label={name} size="full" bare onClose={onClose}>
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the keys of the whole dialog */}
      <div
        ref={begins}
        tabIndex={-1}
        className={styles.zoom}
        onKeyDown={(event) => {
          const act = acts[event.key];
          if (!act) return;
          event.preventDefault();
          act();
        }}
      >
        <header className={styles.zoomBar}>
          <h2>{name}</h2>
          <span className={styles.zoomCaption}>{caption}</span>
          {natural && (
            <span className={styles.pixels}>
              {natural.width} × {natural.height}
            </span>
          )}
          <output className={styles.pixels}>{Math.round(look.scale * 100)}%</output>
          <IconButton label="Smaller" hint="−" onClick={() => enlarge(1 / BY_KEY)}>
            <Minus {...ICON} />
          </IconButton>
          <IconButton label="Larger" hint="+" onClick={() => enlarge(BY_KEY)}>
            <Plus {...ICON} />
          </IconButton>
          <IconButton label="Fit" hint="0" onClick={() => setLook(FITTED)}>
            <Maximize {...ICON} />
          </IconButton>
          {url && <DownloadLink url={url} name={nameOf(picture)} />}
          {pictures.length > 1 && (
            <>
              <IconButton label="Previous image" hint="←" onClick={() => move(-1)}>
                <ChevronLeft {...ICON} />
              </IconButton>
              <span className={styles.pixels}>
                {at + 1} of {pictures.length}
              </span>
              <IconButton label="Next image" hint="→" onClick={() => move(1)}>
                <ChevronRight {...ICON} />
              </IconButton>
            </>
          )}
          <IconButton label="Close" hint="Esc" onClick={onClose}>
            <X {...ICON} />
          </IconButton>
        </header>
        {/* biome-ignore lint/a11y/noStaticElementInteractions: the keys above do the same */}
        <div
          ref={stage}
          className={styles.stage}
          data-testid="zoom-stage"
          onPointerDown={(event) => event.currentTarget.setPointerCapture(event.pointerId)}
          onPointerMove={(event) => {
            if (event.buttons & 1) setLook((now) => moved(now, event.movementX, event.movementY));
          }}
          onDoubleClick={() => setLook(look.scale === 1 ? scaled(look, 3, { x: 0, y: 0 }) : FITTED)}
        >
          <div
            className={styles.large}
            style={{ transform: `translate(${look.x}px, ${look.y}px) scale(${look.scale})` }}
            data-pixels={look.scale >= 2 || undefined}
          >
            <Pictured
              picture={picture}
              alt={picture.caption ?? name}
              switches={switches}
              onSize={setNatural}
            />
          </div>
        </div>
        {legend}
      </div>
    </Dialog>
  );
}

/** Where a dialog's focus begins: on a button it would open a hint, and Escape would close that. */
function begins(element: HTMLElement | null): void {
  element?.setAttribute("autofocus", "");
}

/** The wheel zooms towards the pointer; the page must not scroll for it, so it listens actively. */
function useWheel(
  ref: React.RefObject<HTMLElement | null>,
  act: (by: number, from: { x: number; y: number }) => void,
): void {
  const latest = useRef(act);
  latest.current = act;
  useEffect(() => {
    const element = ref.current;
    if (!element) return;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const { left, top, width, height } = element.getBoundingClientRect();
      const from = { x: event.clientX - left - width / 2, y: event.clientY - top - height / 2 };
      latest.current(2 ** (-event.deltaY / 300), from);
    };
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, [ref]);
}
