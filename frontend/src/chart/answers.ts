/** Answers: what the stage was asked for, and who waits for it. */

import type { Reply } from "./messages";

interface Waiting {
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: Error) => void;
}

export class Answers {
  private readonly waiting = new Map<number, Waiting>();

  /** Resolves or rejects with the answer to this question. */
  to(ask: number): Promise<unknown> {
    return new Promise((resolve, reject) => this.waiting.set(ask, { resolve, reject }));
  }

  hear(reply: Exclude<Reply, { type: "painted" }>): void {
    const waiting = this.waiting.get(reply.ask);
    this.waiting.delete(reply.ask);
    if (reply.type === "answer") waiting?.resolve(reply.value);
    else waiting?.reject(new Error(reply.reason));
  }

  close(): void {
    for (const { reject } of this.waiting.values()) reject(new Error("the chart hub was closed"));
    this.waiting.clear();
  }
}
