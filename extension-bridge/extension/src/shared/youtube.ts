// YouTube's pages of one video, as the host knows them.
import type { LecturePage } from "./page.ts";

/** Its own hosts, as the manifest names them. youtu.be leads to one of them. */
export const YOUTUBE: readonly string[] = ["https://*.youtube.com/*"];
/** Whose session every one of its pages uses. */
export const YOUTUBE_ORIGIN = "https://www.youtube.com";
/** Its pages follow one another without being loaded anew; then it says so. */
export const YOUTUBE_MOVED = "yt-navigate-finish";

const HOSTS: ReadonlySet<string> = new Set(["www.youtube.com", "youtube.com", "m.youtube.com", "music.youtube.com"]);
const ID = /^[A-Za-z0-9_-]{11}$/;
/** Stand where an id stands, where a player shows a list or a channel. */
const NO_IDS: ReadonlySet<string> = new Set(["videoseries", "live_stream"]);

export function isYoutubeHost(host: string): boolean {
  return host === "youtube.com" || host.endsWith(".youtube.com");
}

/** The video that an address shows, or null. */
export function recogniseVideo(url: URL): LecturePage | null {
  if (url.protocol !== "https:" || !HOSTS.has(url.host)) return null;
  const [, inPath] = /^\/(?:embed|shorts|live|v)\/([^/]+)/.exec(url.pathname) ?? [];
  const id = /^\/watch\/?$/.test(url.pathname) ? url.searchParams.get("v") : inPath;
  if (id === undefined || id === null || !ID.test(id) || NO_IDS.has(id)) return null;
  return { site: "youtube", url: `${YOUTUBE_ORIGIN}/watch?v=${id}`, origin: YOUTUBE_ORIGIN, host: "www.youtube.com", id, idKind: "id" };
}
