// A site's cookies as the browser would send them, of the tab's own store and partition, and of no other.
import type { Cookie } from "@auricle/bridge";
import type { LecturePage } from "../shared/page.ts";

/** The part of the browser's cookies API that is needed. Only `url`, `storeId` and what differs between browsers. */
export interface CookieSource {
  getAll(query: { url: string; storeId?: string; partitionKey?: object; firstPartyDomain?: null }): Promise<readonly Cookie[]>;
}

/** The login cookie of Panopto. Without it nobody is signed in. */
export const LOGIN_COOKIE = ".ASPXAUTH";

/** The addresses that the host asks at a site: the cookies are those which the browser would send there. */
export function endpoints(page: Pick<LecturePage, "origin"> & Partial<Pick<LecturePage, "url" | "id">>): string[] {
  return [
    page.url ?? `${page.origin}/Panopto/Pages/Viewer.aspx`,
    `${page.origin}/Panopto/Pages/Viewer/DeliveryInfo.aspx`,
    `${page.origin}/Panopto/Podcast/Download/${page.id ?? "x"}.mp4`,
  ];
}

function partitionOf(cookie: Cookie): string {
  return cookie.partitionKey?.topLevelSite ?? "";
}

function isWithin(topLevelSite: string, topLevelOrigin: string): boolean {
  if (!URL.canParse(topLevelSite) || !URL.canParse(topLevelOrigin)) return false;
  const site = new URL(topLevelSite);
  const top = new URL(topLevelOrigin);
  return site.protocol === top.protocol && (top.hostname === site.hostname || top.hostname.endsWith(`.${site.hostname}`));
}

/** The site to whose pages Firefox's first-party isolation keeps a cookie; empty without it. It may come as “(https,example.org)”. */
function firstPartyOf(cookie: Cookie): string {
  const { firstPartyDomain = "" } = cookie;
  const [, scheme = "https", domain = ""] = /^(?:\((https?),)?([^,()]*)/.exec(firstPartyDomain ?? "") ?? [];
  return domain === "" ? "" : `${scheme}://${domain}`;
}

/**
 * Leaves out what the browser keeps apart for other sites. `topLevelOrigin` is what the tab's address bar shows: a partition's
 * site is a registrable domain, chosen by the browser, so being a suffix of it is enough.
 */
export function ofThisTab(cookies: readonly Cookie[], topLevelOrigin: string): Cookie[] {
  return cookies.filter((cookie) => [partitionOf(cookie), firstPartyOf(cookie)].every((site) => site === "" || isWithin(site, topLevelOrigin)));
}

/** One of each (name, domain, path, partition, first party): several endpoints have most cookies in common. */
export function withoutRepeats(cookies: readonly Cookie[]): Cookie[] {
  const seen = new Map<string, Cookie>();
  for (const cookie of cookies) {
    const ancestor = cookie.partitionKey?.hasCrossSiteAncestor ?? "";
    seen.set(JSON.stringify([cookie.name, cookie.domain, cookie.path, partitionOf(cookie), ancestor, firstPartyOf(cookie)]), cookie);
  }
  return [...seen.values()];
}

/**
 * Asks as precisely as this browser understands: older ones throw on `partitionKey`, Chromium on `firstPartyDomain`, and
 * Firefox with first-party isolation insists on the latter.
 */
async function ask(source: CookieSource, url: string, storeId: string | undefined, firefox: boolean): Promise<readonly Cookie[]> {
  const plain = { url, ...(storeId === undefined ? {} : { storeId }), ...(firefox ? { firstPartyDomain: null } : {}) };
  try {
    return await source.getAll({ ...plain, partitionKey: {} });
  } catch {
    return source.getAll(plain);
  }
}

/** Whose cookies, and as seen from where. */
export interface Jar {
  origin: string;
  url?: string;
  id?: string;
  /** The tab's cookie store; undefined: the browser's usual one. */
  store: string | undefined;
  /** What the tab's address bar shows. */
  topLevelOrigin: string;
}

/** All cookies which the host needs at an origin; none when the browser does not let us read them. */
export async function readCookies(source: CookieSource, jar: Jar, firefox: boolean): Promise<Cookie[]> {
  const answers = await Promise.allSettled(endpoints(jar).map((url) => ask(source, url, jar.store, firefox)));
  const found = answers.flatMap((answer) => (answer.status === "fulfilled" ? [...answer.value] : []));
  return withoutRepeats(ofThisTab(found, jar.topLevelOrigin));
}

/** The login in a jar's cookies, or null: the tab's own partition first, as the host has it. */
export function loginOf(cookies: readonly Cookie[]): string | null {
  const logins = cookies.filter((cookie) => cookie.name === LOGIN_COOKIE && cookie.value !== "");
  return (logins.find((cookie) => partitionOf(cookie) !== "") ?? logins[0])?.value ?? null;
}

/** A value's digest, so that a changed login can be told from an unchanged one without keeping it. */
export async function fingerprint(value: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(value));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
