/** What a stage needs of the place it runs in: a worker's thread, or the page itself. */

import type { Reply } from "./messages";
import type { StageRoom } from "./stage";
import { localZone } from "./ticks";
import type { FontSource } from "./types";

const FONT_PATIENCE_MS = 3000;

async function loadInto(fonts: FontFaceSet, sources: readonly FontSource[]): Promise<void> {
  const loading = sources.map(({ family, url, weight }) => {
    const face = new FontFace(family, `url(${JSON.stringify(url)})`, {
      weight: weight ?? "normal",
    });
    fonts.add(face);
    return face.load();
  });
  // A face that cannot be had, or not soon, leaves the system's own: axes stay readable.
  const late = new Promise((resolve) => setTimeout(resolve, FONT_PATIENCE_MS));
  await Promise.race([Promise.allSettled(loading), late]);
}

export function workerRoom(scope: DedicatedWorkerGlobalScope): StageRoom {
  const channel = new MessageChannel();
  const waiting: (() => void)[] = [];
  channel.port1.onmessage = () => waiting.shift()?.();
  return {
    now: () => performance.now(),
    nextFrame: (work) => {
      if ("requestAnimationFrame" in scope) scope.requestAnimationFrame(work);
      else setTimeout(work, 16);
    },
    soon: (work) => {
      waiting.push(work);
      channel.port2.postMessage(null);
    },
    post: (reply) => scope.postMessage(reply),
    makeCanvas: (width, height) => new OffscreenCanvas(width, height),
    loadFonts: (fonts) => loadInto(scope.fonts, fonts),
    zone: localZone,
    slice: 40,
  };
}

/** The page paints in short slices, so that the pointer is served in between. */
export function pageRoom(post: (reply: Reply) => void): StageRoom {
  return {
    now: () => performance.now(),
    nextFrame: (work) => {
      requestAnimationFrame(work);
    },
    soon: (work) => {
      setTimeout(work, 0);
    },
    post,
    makeCanvas: (width, height) => {
      const canvas = document.createElement("canvas");
      canvas.width = width;
      canvas.height = height;
      return canvas;
    },
    loadFonts: async () => {
      // The page's own faces are loaded by its style sheet; painting waits for them.
      await document.fonts?.ready;
    },
    zone: localZone,
    slice: 12,
  };
}
