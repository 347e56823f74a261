// A site's cookies as the browser would send them, of the tab's own store and partition, and of no other.
import type { Cookie } from "@auricle/bridge";
import { isMubiHost, isMubiLogin, MUBI_ORIGIN } from "../shared/mubi.ts";
import type { Jar } from "../shared/jar.ts";
import type { LecturePage } from "../shared/page.ts";

/** The part of the browser's cookies API that is needed. Only `url`, `storeId` and what differs between browsers. */
export interface CookieSource {
  getAll(query: { url: string; storeId: string; partitionKey?: object; firstPartyDomain?: null }): Promise<readonly Cookie[]>;
}

/** The login cookie of Panopto. Without it nobody is signed in. */
const LOGIN_COOKIE = ".ASPXAUTH";

/**
 * The addresses that the host asks at a site: the cookies are those which the browser would send there. At MUBI it is the site
 * whose cookies hold the token that its API is asked with.
 */
export function endpoints(page: Pick<LecturePage, "origin"> & Partial<Pick<LecturePage, "url" | "id">>): string[] {
  if (page.origin === MUBI_ORIGIN) return [`${MUBI_ORIGIN}/`];
  return [
    page.url ?? `${page.origin}/Panopto/Pages/Viewer.aspx`,
    `${page.origin}/Panopto/Pages/Viewer/DeliveryInfo.aspx`,
    `${page.origin}/Panopto/Podcast/Download/${page.id ?? "x"}.mp4`,
  ];
}

function partitionOf(cookie: Cookie): string {
  return cookie.partitionKey?.topLevelSite ?? "";
}

/** Whether an origin or a site is of this site; a site is a registrable domain, chosen by the browser, so being a suffix is enough. */
export function isWithin(site: string, origin: string): boolean {
  if (!URL.canParse(site) || !URL.canParse(origin)) return false;
  const wide = new URL(site);
  const narrow = new URL(origin);
  return wide.protocol === narrow.protocol && (narrow.hostname === wide.hostname || narrow.hostname.endsWith(`.${wide.hostname}`));
}

/** The site to whose pages Firefox's first-party isolation keeps a cookie; empty without it. It may come as “(https,example.org)”. */
function firstPartyOf(cookie: Cookie): string {
  const { firstPartyDomain = "" } = cookie;
  const [, scheme = "https", domain = ""] = /^(?:\((https?),)?([^,()]*)/.exec(firstPartyDomain ?? "") ?? [];
  return domain === "" ? "" : `${scheme}://${domain}`;
}

function isOfJar(cookie: Cookie, { within }: Jar, origin: string): boolean {
  const sites = [partitionOf(cookie), firstPartyOf(cookie)].filter((site) => site !== "");
  // Where the browser says it: a page of the same site that lies within another site's page has a partition of its own.
  const isEmbedded = cookie.partitionKey?.hasCrossSiteAncestor ?? within !== undefined;
  return sites.every((site) => isWithin(site, within ?? origin)) && (partitionOf(cookie) === "" || isEmbedded === (within !== undefined));
}

/** Leaves out what the browser keeps apart for pages elsewhere. `origin`: of the site whose cookies they are. */
export function ofJar(cookies: readonly Cookie[], jar: Jar, origin: string): Cookie[] {
  return cookies.filter((cookie) => isOfJar(cookie, jar, origin));
}

/** Whether a cookie lies in a partition. */
export function isPartitioned(cookie: Cookie): boolean {
  return partitionOf(cookie) !== "";
}

/**
 * The cookies of one login: those of the partition where somebody is signed in there, else the unpartitioned ones, since both
 * together may be two persons. `onlyPartitioned`: the login in use was the partition's, and no other takes its place.
 */
export function ofOneLogin(cookies: readonly Cookie[], onlyPartitioned: boolean): Cookie[] {
  const partitioned = cookies.filter(isPartitioned);
  return onlyPartitioned || loginOf(partitioned) !== null ? partitioned : cookies.filter((cookie) => !isPartitioned(cookie));
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
async function ask(source: CookieSource, url: string, storeId: string, firefox: boolean): Promise<readonly Cookie[]> {
  const plain = { url, storeId, ...(firefox ? { firstPartyDomain: null } : {}) };
  try {
    return await source.getAll({ ...plain, partitionKey: {} });
  } catch {
    return source.getAll(plain);
  }
}

/** Whose cookies, and out of which jar. */
export interface Wanted {
  origin: string;
  url?: string;
  id?: string;
  jar: Jar;
}

/** All cookies which the host needs at an origin; none when the browser does not let us read them. */
export async function readCookies(source: CookieSource, { jar, ...page }: Wanted, firefox: boolean): Promise<Cookie[]> {
  const answers = await Promise.allSettled(endpoints(page).map((url) => ask(source, url, jar.store, firefox)));
  const found = answers.flatMap((answer) => (answer.status === "fulfilled" ? [...answer.value] : []));
  return withoutRepeats(ofJar(found, jar, page.origin)).map(withoutStore);
}

/** The jar's name goes along with all of them; the host would take the browser's shorter one for another store's. */
function withoutStore({ storeId: _, ...cookie }: Cookie): Cookie {
  return cookie;
}

/** Whether somebody is signed in by this cookie, at the site that its own domain names. */
export function isLogin(cookie: Cookie): boolean {
  if (isMubiHost(cookie.domain.replace(/^\./, ""))) return isMubiLogin(cookie);
  return cookie.name === LOGIN_COOKIE && cookie.value !== "";
}

/** The login among cookies, or null. */
export function loginOf(cookies: readonly Cookie[]): string | null {
  return cookies.find(isLogin)?.value ?? null;
}

/** A value's digest, so that a changed login can be told from an unchanged one without keeping it. */
export async function fingerprint(value: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(value));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
