/** Engine: where batches go to be painted, a worker or the page itself. */

import type { Batch, Reply } from "./messages";
import type { Stage } from "./stage";

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

/** Few need it, so its painter is fetched only then; what comes before it waits. */
class PageEngine implements Engine {
  readonly isRemote = false;
  private stage: Stage | null = null;
  private readonly early: Batch[] = [];
  private closed = false;

  constructor(
    private readonly onReply: (reply: Reply) => void,
    onError: (error: Error) => void,
  ) {
    this.load().catch(onError);
  }

  post(batch: Batch): void {
    if (this.stage) this.stage.receive(batch);
    else this.early.push(batch);
  }

  close(): void {
    this.closed = true;
  }

  private async load(): Promise<void> {
    const [{ Stage }, { pageRoom }] = await Promise.all([import("./stage"), import("./room")]);
    const room = pageRoom((reply) => {
      if (!this.closed) this.onReply(reply);
    });
    this.stage = new Stage(room);
    for (const batch of this.early.splice(0)) this.stage.receive(batch);
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
  return new PageEngine(onReply, onError);
}
