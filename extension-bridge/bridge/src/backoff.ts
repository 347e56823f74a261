// How long to wait before the next try: exponential with full jitter, so that many clients do not come back at once.
import type { Random } from "./clock.ts";

export interface BackoffLimits {
  /** Upper bound of the first wait, ms. */
  firstMs: number;
  /** Upper bound of any wait, ms. */
  mostMs: number;
}

/** Shorter than the 30 s after which a browser ends a background worker that has nothing but a timer. */
export const RECONNECT: BackoffLimits = { firstMs: 250, mostMs: 20_000 };

/** The wait before try number `attempt` (from 0), ms: anywhere between 0 and the bound, which doubles each time. */
export function backoffMs(attempt: number, random: Random, limits: BackoffLimits = RECONNECT): number {
  const bound = Math.min(limits.mostMs, limits.firstMs * 2 ** Math.min(attempt, 30));
  return Math.floor(random() * bound);
}
