/** Panels and sections are put elsewhere by dragging them onto another. */
import { type DragEvent, useState } from "react";

interface Dragging {
  /** Spread over what is held while dragging. */
  handle: { draggable: true; onDragStart: (event: DragEvent) => void };
  /** Spread over what it is dropped on. */
  place: {
    "data-over": true | undefined;
    onDragOver: (event: DragEvent) => void;
    onDragLeave: () => void;
    onDrop: (event: DragEvent) => void;
  };
}

/** `kind` keeps panels from being dropped on sections. */
export function useDragging(kind: string, id: string, onDrop: (id: string) => void): Dragging {
  const [over, setOver] = useState(false);
  const type = `application/x-wanllmdb-${kind}`;
  const isOurs = (event: DragEvent) => event.dataTransfer.types.includes(type);
  return {
    handle: {
      draggable: true,
      onDragStart: (event) => {
        event.dataTransfer.setData(type, id);
        event.dataTransfer.effectAllowed = "move";
      },
    },
    place: {
      "data-over": over || undefined,
      onDragOver: (event) => {
        if (!isOurs(event)) return;
        event.preventDefault(); // it may be dropped here
        setOver(true);
      },
      onDragLeave: () => setOver(false),
      onDrop: (event) => {
        setOver(false);
        if (!isOurs(event)) return;
        event.preventDefault();
        const dropped = event.dataTransfer.getData(type);
        if (dropped !== id) onDrop(dropped);
      },
    },
  };
}
