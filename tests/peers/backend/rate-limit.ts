// A bucket of tokens for each person: so many at once, and then so many an hour.

export interface RateLimitOptions {
  readonly perHour: number;
  readonly burst: number;
  /** ms, from any beginning; never goes back. */
  readonly now?: () => number;
}

const HOUR_MS = 3_600_000;

export class RateLimit {
  readonly #options: RateLimitOptions;
  readonly #now: () => number;
  readonly #buckets = new Map<string, { tokens: number; at: number }>();

  constructor(options: RateLimitOptions) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
  }

  /** Takes one; gives how long to wait for the next (whole seconds, at least 1) where there is none, else 0. */
  take(person: string): number {
    const { perHour, burst } = this.#options;
    const now = this.#now();
    const { tokens, at } = this.#buckets.get(person) ?? { tokens: burst, at: now };
    const filled = Math.min(burst, tokens + ((now - at) * perHour) / HOUR_MS);
    const isGiven = filled >= 1;
    this.#buckets.set(person, { tokens: isGiven ? filled - 1 : filled, at: now });
    return isGiven ? 0 : Math.max(1, Math.ceil(((1 - filled) * HOUR_MS) / perHour / 1000));
  }
}
