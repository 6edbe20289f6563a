/**
 * A frame of its own: a document of the server's without an origin, to which what it shows is
 * handed as a message. docs/explanation/media-on-the-page.md says why nothing gets out of it.
 */
import { useCallback, useEffect, useRef, useState } from "react";

export const FRAMES = { html: "/assets/frame/html.html", plotly: "/assets/frame/plotly.html" };

export interface FrameState {
  ready: boolean;
  shown: boolean;
  height: number | null; // as the document says
  refused: readonly string[]; // hosts that it asked for
  failed: string | null;
}

const AT_FIRST: FrameState = {
  ready: false,
  shown: false,
  height: null,
  refused: [],
  failed: null,
};
const MOST_REFUSED = 5;
const MOST_TEXT = 200;

/** What a frame says is the word of whoever wrote the file: it is only ever text and numbers. */
export function heard(state: FrameState, data: unknown): FrameState {
  if (typeof data !== "object" || data === null) return state;
  const said = data as Record<string, unknown>;
  switch (said.frame) {
    case "ready":
      return { ...state, ready: true };
    case "shown":
      return { ...state, shown: true, failed: null };
    case "height": {
      const height = Number(said.height);
      return Number.isFinite(height) && height > 0 ? { ...state, height } : state;
    }
    case "refused": {
      const host = hostOf(String(said.uri));
      const known = state.refused.includes(host) || state.refused.length >= MOST_REFUSED;
      return known ? state : { ...state, refused: [...state.refused, host] };
    }
    case "failed":
      return { ...state, failed: String(said.reason).slice(0, MOST_TEXT) };
    default:
      return state;
  }
}

function hostOf(uri: string): string {
  try {
    return new URL(uri).host || uri.slice(0, MOST_TEXT);
  } catch {
    return uri.slice(0, MOST_TEXT);
  }
}

interface Frame extends FrameState {
  ref: React.RefObject<HTMLIFrameElement | null>;
  show: (message: object) => void;
}

export function useFrame(): Frame {
  const ref = useRef<HTMLIFrameElement>(null);
  const [state, setState] = useState(AT_FIRST);
  useEffect(() => {
    const onMessage = ({ source, data }: MessageEvent) => {
      // Its origin is nobody's ("null"), so it is known by its window alone.
      if (source && source === ref.current?.contentWindow)
        setState((before) => heard(before, data));
    };
    window.addEventListener("message", onMessage);
    return () => window.removeEventListener("message", onMessage);
  }, []);
  const show = useCallback((message: object) => {
    // It holds only what the run logged; a document without an origin cannot be named otherwise.
    ref.current?.contentWindow?.postMessage(message, "*");
  }, []);
  return { ...state, ref, show };
}
