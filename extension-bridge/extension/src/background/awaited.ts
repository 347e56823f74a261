// A press that waits for the browser's permission. The browser's question may close the popup, or outlive this background.
import { api } from "../shared/browser.ts";
import type { Place } from "../shared/wire.ts";

/** Key in storage.session, which lives in memory and as long as the browser does. */
const AWAITED_KEY = "awaitedAccess";

/** Who is asked and grants much later, in the browser's settings, does not expect a capture to begin, ms. */
const HOLDS_MS = 120_000;

interface Awaited {
  place: Place;
  /** ms since 1970 */
  at: number;
}

export async function keepAwaited(place: Place, nowMs: number): Promise<void> {
  await api.storage.session.set({ [AWAITED_KEY]: { place, at: nowMs } satisfies Awaited });
}

export async function dropAwaited(): Promise<void> {
  await api.storage.session.remove(AWAITED_KEY);
}

/** The place of the press, once; null when nobody waits any more. */
export async function takeAwaited(nowMs: number): Promise<Place | null> {
  const { [AWAITED_KEY]: stored } = await api.storage.session.get(AWAITED_KEY);
  await dropAwaited();
  const awaited = stored as Awaited | undefined;
  return awaited && nowMs - awaited.at <= HOLDS_MS ? awaited.place : null;
}
