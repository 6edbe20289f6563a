/** Engine: where batches go to be painted, a worker or the page itself. */

import type { Batch, Reply } from "./messages";
import { pageRoom } from "./room";
import { Stage } from "./stage";

export interface Engine {
  /** True when canvases have to be handed over, because painting is done elsewhere. */
  readonly isRemote: boolean;
  post(batch: Batch, transfer: readonly Transferable[]): void;
  close(): void;
}

export type WorkerFactory = () => Worker;

export const chartWorker: WorkerFactory = () =>
  new Worker(new URL("./worker.ts", import.meta.url), { type: "module", name: "chart" });

class WorkerEngine implements Engine {
  readonly isRemote = true;

  constructor(
    private readonly worker: Worker,
    onReply: (reply: Reply) => void,
    onDeath: (error: Error) => void,
  ) {
    worker.onmessage = (event: MessageEvent<Reply>) => onReply(event.data);
    worker.onerror = (event) => {
      worker.terminate();
      onDeath(new Error(event.message || "the chart worker could not start"));
    };
  }

  post(batch: Batch, transfer: readonly Transferable[]): void {
    this.worker.postMessage(batch, [...transfer]);
  }

  close(): void {
    this.worker.terminate();
  }
}

class PageEngine implements Engine {
  readonly isRemote = false;
  private readonly stage: Stage;
  private closed = false;

  constructor(onReply: (reply: Reply) => void) {
    this.stage = new Stage(
      pageRoom((reply) => {
        if (!this.closed) onReply(reply);
      }),
    );
  }

  post(batch: Batch): void {
    this.stage.receive(batch);
  }

  close(): void {
    this.closed = true;
  }
}

function canPaintElsewhere(): boolean {
  return (
    typeof Worker === "function" &&
    typeof OffscreenCanvas === "function" &&
    typeof HTMLCanvasElement.prototype.transferControlToOffscreen === "function"
  );
}

/** The worker where there can be one, else the page: the pictures are the same. */
export function startEngine(
  factory: WorkerFactory | null,
  onReply: (reply: Reply) => void,
  onDeath: (error: Error) => void,
  onError: (error: Error) => void,
): Engine {
  if (factory && canPaintElsewhere()) {
    try {
      return new WorkerEngine(factory(), onReply, onDeath);
    } catch (error) {
      onError(error instanceof Error ? error : new Error(String(error)));
    }
  }
  return new PageEngine(onReply);
}
