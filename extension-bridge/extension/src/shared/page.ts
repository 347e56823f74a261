// Recognises the pages that show one recording, as the host does: Panopto's (id wins over tid, parameters in any order), YouTube's, MUBI's,
// and those of an institution's own player of sealed videos.
import { isMubiHost, recogniseFilm } from "./mubi.ts";
import { isSameJar, jarNamed, nameOf, usualJar, type Jar } from "./jar.ts";
import { isYoutubeHost, recogniseVideo } from "./youtube.ts";

/** A page that can be captured. */
export interface LecturePage {
  site: "panopto" | "youtube" | "mubi" | "playback";
  /** The address without its fragment. */
  url: string;
  origin: string;
  host: string;
  /**
   * At Panopto a GUID in lower case; at YouTube eleven characters, whose case counts; at MUBI the film's word or number, with `/trailer`
   * behind it for its trailer.
   */
  id: string;
  /** `tid` is another kind of Panopto's ids, asked for in another way. */
  idKind: "id" | "tid";
}

const PATH = /^\/Panopto\/Pages\/(?:Viewer|Embed)\.aspx$/i;
const WATCH = /^\/watch\/([A-Za-z0-9_-]{1,64})$/;
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

/** Whose page an address is that was once recognised, or that is a site's own. */
export function siteOfPage(address: string): LecturePage["site"] {
  const { hostname, pathname } = new URL(address);
  if (isYoutubeHost(hostname)) return "youtube";
  if (isMubiHost(hostname)) return "mubi";
  return WATCH.test(pathname) ? "playback" : "panopto";
}

/** The recording that an address shows, or null. `vanityHosts`: other hosts which the person has granted. */
export function recognise(address: string, vanityHosts: readonly string[] = []): LecturePage | null {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  const ofYoutube = recogniseVideo(url);
  if (ofYoutube) return ofYoutube;
  const film = recogniseFilm(url);
  if (film) return film;
  if (url.protocol !== "https:") return null;
  const video = WATCH.exec(url.pathname)?.[1];
  // Which of these hosts are players is the program's to know: it says so where one is not.
  if (video !== undefined && !isPanoptoHost(url.hostname) && vanityHosts.includes(url.hostname)) {
    return { site: "playback", url: `${url.origin}${url.pathname}`, origin: url.origin, host: url.host, id: video, idKind: "id" };
  }
  if (!PATH.test(url.pathname)) return null;
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
