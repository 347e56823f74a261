// A notification's id says what a click on it opens: a capture's page, or a site's own sign-in.
import { cookieSite, type CookieSite } from "./site-session.ts";
import { jarNamed, nameOf, type Jar } from "../shared/jar.ts";

const OF_CAPTURE = "auricle:";
const OF_SITE = "auricle-site:";

/** A site where somebody is to sign in, and in which of the browser's jars. */
export interface SignInPlace {
  site: CookieSite;
  origin: string;
  jar: Jar;
}

export function noticeId(captureId: string): string {
  return OF_CAPTURE + captureId;
}

export function captureIdOf(notificationId: string): string | null {
  return notificationId.startsWith(OF_CAPTURE) ? notificationId.slice(OF_CAPTURE.length) : null;
}

/** One for each site and jar: asked again, it takes the place of the one before. */
export function signInNoticeId({ site, origin, jar }: SignInPlace): string {
  return `${OF_SITE}${site} ${origin} ${nameOf(jar)}`;
}

export function signInPlaceOf(notificationId: string): SignInPlace | null {
  if (!notificationId.startsWith(OF_SITE)) return null;
  const [name, origin = "", ...jarName] = notificationId.slice(OF_SITE.length).split(" ");
  const site = cookieSite(name);
  return site === null || !URL.canParse(origin) ? null : { site, origin, jar: jarNamed(jarName.join(" ")) };
}
