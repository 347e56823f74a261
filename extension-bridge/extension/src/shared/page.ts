// Recognises the pages that show one recording, as the host does (at Panopto id wins over tid, parameters in any order).
import { isMubiHost, recogniseFilm } from "./mubi.ts";
import { isSameJar, jarNamed, nameOf, usualJar, type Jar } from "./jar.ts";

/** A page that can be captured. */
export interface LecturePage {
  site: "panopto" | "mubi";
  /** The address without its fragment. */
  url: string;
  origin: string;
  host: string;
  /** At Panopto a GUID in lower case; at MUBI the film's word or number, with `/trailer` behind it for its trailer. */
  id: string;
  /** `tid` is another kind of Panopto's ids, asked for in another way. */
  idKind: "id" | "tid";
}

const PATH = /^\/Panopto\/Pages\/(?:Viewer|Embed)\.aspx$/i;
const HOST = /^(?:[a-z0-9-]+\.)+panopto\.(?:com|eu)$/;
const GUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

function guid(params: URLSearchParams, name: string): string | null {
  for (const [key, value] of params) {
    if (key.toLowerCase() !== name) continue;
    const id = value.trim().toLowerCase();
    if (GUID.test(id)) return id;
  }
  return null;
}

/** Whether Panopto itself runs this host, as opposed to a university under its own name. */
export function isPanoptoHost(host: string): boolean {
  return HOST.test(host);
}

/** The site of an origin that is known to be one's. */
export function siteOf(origin: string): LecturePage["site"] {
  return isMubiHost(new URL(origin).hostname) ? "mubi" : "panopto";
}

/** The recording that an address shows, or null. `vanityHosts`: other hosts which the person has granted. */
export function recognise(address: string, vanityHosts: readonly string[] = []): LecturePage | null {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  const film = recogniseFilm(url);
  if (film) return film;
  if (url.protocol !== "https:" || !PATH.test(url.pathname)) return null;
  if (!isPanoptoHost(url.hostname) && !vanityHosts.includes(url.hostname)) return null;
  const id = guid(url.searchParams, "id");
  const tid = guid(url.searchParams, "tid");
  const found = id ?? tid;
  if (!found) return null;
  url.hash = "";
  return { site: "panopto", url: url.href, origin: url.origin, host: url.host, id: found, idKind: id ? "id" : "tid" };
}

/**
 * The idempotency key of a recording and where it goes: the same lecture is captured once for each target. `target` is a
 * backend's origin, or "folder". Each of the browser's jars has captures of its own: a site sees the button's state, and is not to
 * learn in a container or a private window what the same person did in another.
 */
export function captureKey(page: LecturePage, target: string, jar: Jar): string {
  const id = page.idKind === "id" ? page.id : `tid-${page.id}`;
  const whose = isSameJar(jar, usualJar()) ? "" : `@${nameOf(jar)}`;
  return `${page.site}:${page.host}:${id}${whose}>${target}`;
}

/** The jar of a capture's key. */
export function jarOfKey(key: string | null): Jar {
  return jarNamed(/^[^@>]*@([^>]*)>/.exec(key ?? "")?.[1]);
}
