// In which of the browser's jars a page's cookies lie: its cookie store, and what the browser keeps apart in another site's pages.
import { isFirefox } from "./browser.ts";

/** A jar of cookies that the browser mixes with no other. */
export interface Jar {
  /** The browser's id of the cookie store: an ordinary window's, a container's, the private windows'. */
  store: string;
  /** The site in the address bar where that is another than the lecture's, e.g. "https://uni.example": a lecture embedded there. */
  within?: string;
}

/** What the browsers call the store of their private windows. */
const PRIVATE_STORES: ReadonlySet<string> = new Set(["firefox-private", "1"]);

/** The jar of an ordinary tab. */
export function usualJar(): Jar {
  return { store: isFirefox() ? "firefox-default" : "0" };
}

export function isPrivate({ store }: Jar): boolean {
  return PRIVATE_STORES.has(store);
}

/** The program's word for a jar, `store` in the protocol: two jars never have the same one, so that it never mixes them. */
export function nameOf({ store, within }: Jar): string {
  return within === undefined ? store : `${store} in ${within}`;
}

/** The jar of such a name; the usual one without a name. */
export function jarNamed(name: string | undefined): Jar {
  const [, store = "", within] = /^(.*?)(?: in (https?:\/\/\S+))?$/.exec(name ?? "") ?? [];
  if (store === "") return usualJar();
  return within === undefined ? { store } : { store, within };
}

export function isSameJar(left: Jar, right: Jar): boolean {
  return nameOf(left) === nameOf(right);
}
