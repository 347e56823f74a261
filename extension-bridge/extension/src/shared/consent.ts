// For which sites the person has agreed that their sign-in is used. No cookie of any other site is ever read.
import { api } from "./browser.ts";

/** Origin → when it was agreed, ms since 1970. */
export type Consents = Readonly<Record<string, number>>;

/** Key in storage.local. */
export const CONSENTS_KEY = "consents";
/** Key in storage.session, which lives in memory and as long as the browser does. */
const PRIVATE_CONSENTS_KEY = "privateConsents";

export function hasConsent(consents: Consents, origin: string): boolean {
  return Object.hasOwn(consents, origin);
}

export function withConsent(consents: Consents, origin: string, nowMs: number): Consents {
  return hasConsent(consents, origin) ? consents : { ...consents, [origin]: nowMs };
}

export function withoutConsent(consents: Consents, origin: string): Consents {
  return Object.fromEntries(Object.entries(consents).filter(([held]) => held !== origin));
}

async function read(area: chrome.storage.StorageArea, key: string): Promise<Consents> {
  const { [key]: stored } = await area.get(key);
  return (stored as Consents | undefined) ?? {};
}

/** What counts in an ordinary window; in a private one, what was agreed in private windows counts as well. */
export async function readConsents(isPrivate: boolean): Promise<Consents> {
  const lasting = await read(api.storage.local, CONSENTS_KEY);
  return isPrivate ? { ...lasting, ...(await read(api.storage.session, PRIVATE_CONSENTS_KEY)) } : lasting;
}

/** Keeps what was agreed: for good, or in a private window only as long as there is one. */
export async function giveConsent(origin: string, isPrivate: boolean, nowMs: number): Promise<void> {
  const [area, key] = isPrivate ? [api.storage.session, PRIVATE_CONSENTS_KEY] : [api.storage.local, CONSENTS_KEY];
  await area.set({ [key]: withConsent(await read(area, key), origin, nowMs) });
}

/** Takes it back, wherever it was agreed. */
export async function takeConsentBack(origin: string): Promise<void> {
  await api.storage.local.set({ [CONSENTS_KEY]: withoutConsent(await read(api.storage.local, CONSENTS_KEY), origin) });
  await api.storage.session.set({ [PRIVATE_CONSENTS_KEY]: withoutConsent(await read(api.storage.session, PRIVATE_CONSENTS_KEY), origin) });
}

/** Forgets what was agreed in private windows. */
export async function dropPrivateConsents(): Promise<void> {
  await api.storage.session.remove(PRIVATE_CONSENTS_KEY);
}
