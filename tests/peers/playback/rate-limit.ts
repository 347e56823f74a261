// How often one address may ask: a number in any minute, counted exactly. Of this process alone; see the README for several.

export interface RateLimitOptions {
  /** Questions in the window. */
  readonly most: number;
  readonly windowMs: number;
  /** ms; of a clock that only grows. */
  readonly now: () => number;
}

export class RateLimit {
  /** When each address asked, the oldest first; never more than `most` of them. */
  readonly #asked = new Map<string, number[]>();
  #sweptAt = 0;

  constructor(private readonly options: RateLimitOptions) {}

  /** Undefined: it may. Otherwise how long to wait (whole seconds, at least 1). A refused question does not count. */
  ask(address: string): number | undefined {
    const { most, windowMs } = this.options;
    const now = this.options.now();
    this.#sweep(now);
    const times = this.#recent(address, now);
    const oldest = times[0];
    if (times.length >= most && oldest !== undefined) return Math.max(1, Math.ceil((oldest + windowMs - now) / 1000));
    times.push(now);
    this.#asked.set(address, times);
    return undefined;
  }

  forget(): void {
    this.#asked.clear();
  }

  /** How many addresses it remembers. */
  get size(): number {
    return this.#asked.size;
  }

  #recent(address: string, now: number): number[] {
    return (this.#asked.get(address) ?? []).filter((time) => time > now - this.options.windowMs);
  }

  /** Once a window, so that those who went away are forgotten. */
  #sweep(now: number): void {
    if (now - this.#sweptAt < this.options.windowMs) return;
    this.#sweptAt = now;
    for (const address of this.#asked.keys()) if (this.#recent(address, now).length === 0) this.#asked.delete(address);
  }
}
