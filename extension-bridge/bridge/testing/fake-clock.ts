// A clock that a test turns by hand.
import type { Clock } from "../src/clock.ts";

export class FakeClock implements Clock {
  #nowMs = 1_000_000;
  #timers: { at: number; callback: () => void }[] = [];

  now(): number {
    return this.#nowMs;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = { at: this.#nowMs + ms, callback };
    this.#timers.push(timer);
    return () => void (this.#timers = this.#timers.filter((one) => one !== timer));
  }

  /** Turns the clock on by `ms`; what falls due runs in order, and what that sets off has run when this returns. */
  async turn(ms: number): Promise<void> {
    const until = this.#nowMs + ms;
    for (;;) {
      await settle();
      const next = this.#timers.filter((one) => one.at <= until).sort((a, b) => a.at - b.at)[0];
      if (!next) break;
      this.#timers = this.#timers.filter((one) => one !== next);
      this.#nowMs = next.at;
      next.callback();
    }
    this.#nowMs = until;
    await settle();
  }
}

/** Lets everything that only waits for other promises run. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise<void>((resolve) => setImmediate(resolve));
}
