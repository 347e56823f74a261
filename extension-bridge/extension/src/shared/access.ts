// What of the web this extension may see: the browser's own permission for a site, without which it neither shows a button there nor reads a cookie.
import { api } from "./browser.ts";
import { isPanoptoHost } from "./page.ts";

/** Panopto's own hosts, as the manifest asks for them. */
export const PANOPTO: readonly string[] = ["https://*.panopto.com/*", "https://*.panopto.eu/*"];

/** What to ask the browser for, so that pages of this origin are within reach. */
export function patternsFor(origin: string): string[] {
  const { hostname } = new URL(origin);
  return isPanoptoHost(hostname) ? [...PANOPTO] : [`https://${hostname}/*`];
}

/** Whether the browser lets us see an origin. */
export function hasAccess(origin: string): Promise<boolean> {
  return api.permissions.contains({ origins: [`https://${new URL(origin).hostname}/*`] });
}

/** Whether the browser lets us see every page of Panopto. */
export function hasPanopto(): Promise<boolean> {
  return api.permissions.contains({ origins: [...PANOPTO] });
}
