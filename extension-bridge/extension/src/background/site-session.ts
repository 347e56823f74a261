// What a session is at each site: which cookies it is made of, and where it is begun. The host's table (capture/site_cookies) has the rest.
import type { Cookie, SiteName } from "@auricle/bridge";
import { isMubiLogin } from "../shared/mubi.ts";

export type CookieSite = Extract<SiteName, "panopto" | "youtube" | "mubi" | "playback">;

interface SiteSession {
  /** Somebody is signed in where of each of these there is one; or where there is any cookie but one. */
  readonly login: readonly (readonly string[])[] | { readonly anyBut: string };
  /** Where the name alone does not say it. */
  readonly isLogin?: (cookie: Cookie) => boolean;
  /** The site changes its cookies all the time: the same login with others beside it is a newer session. */
  readonly rotates: boolean;
  /** The addresses that the host asks at an origin: the cookies are those which the browser would send there. */
  readonly endpoints: (page: SitePage) => string[];
  /** Where a person signs in. */
  readonly signInPath: string;
}

/** A page of a site, or only whose it is. */
export interface SitePage {
  readonly origin: string;
  readonly url?: string;
  readonly id?: string;
}

const SESSIONS: Readonly<Record<CookieSite, SiteSession>> = {
  panopto: {
    login: [[".ASPXAUTH"]],
    rotates: false,
    endpoints: ({ origin, url, id }) => [url ?? `${origin}/Panopto/Pages/Viewer.aspx`, `${origin}/Panopto/Pages/Viewer/DeliveryInfo.aspx`, `${origin}/Panopto/Podcast/Download/${id ?? "x"}.mp4`],
    signInPath: "/Panopto/Pages/Auth/Login.aspx",
  },
  youtube: {
    login: [["LOGIN_INFO"], ["SAPISID", "__Secure-1PAPISID", "__Secure-3PAPISID"]],
    rotates: true,
    endpoints: ({ origin }) => [`${origin}/`],
    signInPath: "/signin",
  },
  mubi: { login: [["lt", "_mubi_session"]], isLogin: isMubiLogin, rotates: false, endpoints: ({ origin }) => [`${origin}/`], signInPath: "/login" },
  // Which cookie signs a person in the program's configuration knows. A player's own session is none: the program opens one for itself.
  playback: { login: { anyBut: "sessionToken" }, rotates: true, endpoints: ({ origin, url }) => [url ?? `${origin}/`, `${origin}/api/v1/session`], signInPath: "/" },
};

/** Nothing for a site that needs no cookies. */
export function cookieSite(name: string | undefined): CookieSite | null {
  return name !== undefined && Object.hasOwn(SESSIONS, name) ? (name as CookieSite) : null;
}

export function endpoints(site: CookieSite, page: SitePage): string[] {
  return SESSIONS[site].endpoints(page);
}

/** Whether signing in at that site sets a cookie of this name. */
export function isLoginName(site: CookieSite, name: string): boolean {
  const { login } = SESSIONS[site];
  return "anyBut" in login ? name !== login.anyBut : login.some((names) => names.includes(name));
}

/** The address of a site's own sign-in. */
export function signInUrl(site: CookieSite, origin: string): string {
  return origin + SESSIONS[site].signInPath;
}

/** The login among cookies, or null: what changes when somebody has signed in anew. */
export function loginOf(site: CookieSite, cookies: readonly Cookie[]): string | null {
  const { login, isLogin, rotates } = SESSIONS[site];
  if ("anyBut" in login) return all(cookies.filter(({ name }) => name !== login.anyBut)) || null;
  if (isLogin) return cookies.find(isLogin)?.value ?? null;
  const values = login.map((names) => cookies.find(({ name, value }) => names.includes(name) && value !== "")?.value);
  if (values.includes(undefined)) return null;
  return rotates ? all(cookies) : values.join("\n");
}

function all(cookies: readonly Cookie[]): string {
  return cookies.map(({ name, value }) => `${name}=${value}`).sort().join("\n");
}
