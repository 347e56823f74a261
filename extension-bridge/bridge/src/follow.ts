// The progress of one capture as an async iterator. A slow reader makes nothing grow: progress is merged, states are not lost.
import type { Capture } from "./protocol.ts";

const FINAL: ReadonlySet<Capture["state"]> = new Set(["done", "failed", "cancelled"]);

/** Whether nothing more will happen to this capture by itself. */
export function isFinal(capture: Capture): boolean {
  return FINAL.has(capture.state);
}

/** What waits for its reader: at most one step for each change of state. */
export class Follower implements AsyncIterableIterator<Capture> {
  readonly #waiting: Capture[] = [];
  readonly #onEnd: () => void;
  #wake: (() => void) | null = null;
  #ended = false;
  #error: Error | null = null;

  constructor(onEnd: () => void) {
    this.#onEnd = onEnd;
  }

  push(capture: Capture): void {
    if (this.#ended) return;
    const last = this.#waiting.length - 1;
    if (this.#waiting[last]?.state === capture.state) this.#waiting[last] = capture;
    else this.#waiting.push(capture);
    if (isFinal(capture)) this.#end();
    this.#wake?.();
  }

  fail(error: Error): void {
    if (this.#ended) return;
    this.#error = error;
    this.#end();
    this.#wake?.();
  }

  async next(): Promise<IteratorResult<Capture, undefined>> {
    for (;;) {
      const value = this.#waiting.shift();
      if (value) return { value, done: false };
      if (this.#error) {
        const error = this.#error;
        this.#error = null;
        throw error;
      }
      if (this.#ended) return { value: undefined, done: true };
      await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }

  async return(): Promise<IteratorResult<Capture, undefined>> {
    this.#waiting.length = 0;
    this.#end();
    this.#wake?.();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #end(): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#onEnd();
  }
}
