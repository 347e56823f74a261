// For which sites the person has agreed that their sign-in is used. No cookie of any other site is ever read.
import { api } from "./browser.ts";

/** Origin → when it was agreed, ms since 1970. */
export type Consents = Readonly<Record<string, number>>;

/** Key in storage.local. */
export const CONSENTS_KEY = "consents";

export function hasConsent(consents: Consents, origin: string): boolean {
  return Object.hasOwn(consents, origin);
}

export function withConsent(consents: Consents, origin: string, nowMs: number): Consents {
  return hasConsent(consents, origin) ? consents : { ...consents, [origin]: nowMs };
}

export function withoutConsent(consents: Consents, origin: string): Consents {
  return Object.fromEntries(Object.entries(consents).filter(([held]) => held !== origin));
}

export async function readConsents(): Promise<Consents> {
  const { [CONSENTS_KEY]: stored } = await api.storage.local.get(CONSENTS_KEY);
  return (stored as Consents | undefined) ?? {};
}

export async function writeConsents(consents: Consents): Promise<void> {
  await api.storage.local.set({ [CONSENTS_KEY]: consents });
}
