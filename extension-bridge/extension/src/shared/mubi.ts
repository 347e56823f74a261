// MUBI's pages of films and trailers, as the host knows them, and where a person signs in there.
import type { Cookie } from "@auricle/bridge";
import type { LecturePage } from "./page.ts";

/** Its own hosts, as the manifest names them. */
export const MUBI: readonly string[] = ["https://*.mubi.com/*"];
export const MUBI_ORIGIN = "https://mubi.com";
/** The site's own page; it goes on to the person's language by itself. */
export const MUBI_SIGN_IN = `${MUBI_ORIGIN}/login`;

const FILM = /^(?:\/[a-z]{2}(?:-[a-z]{2})?(?:\/[a-z]{2})?)?\/films\/([a-z0-9_-]{1,200})(?:\/(trailer|player))?\/?$/i;

export function isMubiHost(host: string): boolean {
  return host === "mubi.com" || host.endsWith(".mubi.com");
}

/** The film or trailer that an address shows, or null. */
export function recogniseFilm(url: URL): LecturePage | null {
  if (url.protocol !== "https:" || (url.host !== "mubi.com" && url.host !== "www.mubi.com")) return null;
  const [, film, what] = FILM.exec(url.pathname) ?? [];
  if (film === undefined) return null;
  url.hash = "";
  const id = `${film.toLowerCase()}${what?.toLowerCase() === "trailer" ? "/trailer" : ""}`;
  return { site: "mubi", url: url.href, origin: MUBI_ORIGIN, host: "mubi.com", id, idKind: "id" };
}

/** Whether a cookie holds a session: the token itself, or base64 of JSON that has it. Everybody gets a `_mubi_session` that holds none. */
export function isMubiLogin({ name, value }: Cookie): boolean {
  if (name === "lt") return value !== "";
  if (name !== "_mubi_session") return false;
  try {
    const session: unknown = JSON.parse(atob(decodeURIComponent(value).replaceAll("-", "+").replaceAll("_", "/")));
    return typeof session === "object" && session !== null && typeof (session as { token?: unknown }).token === "string";
  } catch {
    return false;
  }
}
