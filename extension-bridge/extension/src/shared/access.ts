// What of the web this extension may see: the browser's own permission, without which no button appears and no cookie can be read.
import { api } from "./browser.ts";
import { isMubiHost, MUBI } from "./mubi.ts";
import { isPanoptoHost } from "./page.ts";
import { isYoutubeHost, YOUTUBE } from "./youtube.ts";

/** Panopto's own hosts, as the manifest names them. Both browsers let the person take these away. */
export const PANOPTO: readonly string[] = ["https://*.panopto.com/*", "https://*.panopto.eu/*"];

/** All that the manifest names. */
export const KNOWN: readonly string[] = [...PANOPTO, ...YOUTUBE, ...MUBI];

/** What to ask the browser for, so that an origin comes within reach. */
export function patternsFor(origin: string): string[] {
  const { hostname } = new URL(origin);
  if (isYoutubeHost(hostname)) return [...YOUTUBE];
  if (isMubiHost(hostname)) return [...MUBI];
  return isPanoptoHost(hostname) ? [...PANOPTO] : [`https://${hostname}/*`];
}

/** The host part of a match pattern; null for patterns that no https page matches. `<all_urls>` is that of every host. */
function hostOf(pattern: string): string | null {
  return pattern === "<all_urls>" ? "*" : (/^(?:\*|https):\/\/([^/]+)\//.exec(pattern)?.[1] ?? null);
}

/** Whether what the browser has granted includes an origin. */
export function covers(granted: readonly string[], origin: string): boolean {
  const { hostname } = new URL(origin);
  return granted.some((pattern) => {
    const host = hostOf(pattern);
    if (host === "*" || host === hostname) return true;
    return host !== null && host.startsWith("*.") && (hostname === host.slice(2) || hostname.endsWith(host.slice(1)));
  });
}

/** Whether any Panopto is within reach. A person may have granted their own university's only, and that is enough. */
export function seesPanopto(granted: readonly string[]): boolean {
  return granted.some((pattern) => {
    const host = hostOf(pattern);
    return host !== null && (host === "*" || isPanoptoHost(host.replace(/^\*\./, "any.")));
  });
}

/** The patterns that are granted now. */
export async function readGranted(): Promise<string[]> {
  return (await api.permissions.getAll()).origins ?? [];
}
