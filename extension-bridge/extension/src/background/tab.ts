// What the browser says of tabs: in which jar the cookies of a page in one lie, and how to open a page that uses the same jar.
import { isWithin } from "./cookies.ts";
import { api } from "../shared/browser.ts";
import { isPrivate, usualJar, type Jar } from "../shared/jar.ts";
import type { Place } from "../shared/wire.ts";

type Tab = chrome.tabs.Tab & { cookieStoreId?: string };

/** The jar of the page of `origin` at a place. Fails, in words for the person, where the browser does not tell: a guess could be somebody else's. */
export async function jarOf(place: Place, origin: string): Promise<Jar> {
  const [store, within] = await Promise.all([storeOf(place.tabId), siteAround(place, origin)]);
  return within === null ? { store } : { store, within };
}

/** The tab's cookie store: a container in Firefox, a private window in both browsers. */
async function storeOf(tabId: number): Promise<string> {
  const tab: Tab = await api.tabs.get(tabId);
  if (tab.cookieStoreId !== undefined) return tab.cookieStoreId;
  const stores = await api.cookies.getAllCookieStores();
  const store = stores.find((one) => one.tabIds.includes(tabId));
  if (!store && tab.incognito) throw new Error("Your browser does not let Auricle use the sign-in of this private window.");
  return store?.id ?? usualJar().store;
}

/** The site in the tab's address bar, where the frame is embedded in another site's page; null where it is not. */
async function siteAround({ tabId, frameId, ancestors = [] }: Place, origin: string): Promise<string | null> {
  if (frameId === 0) return null;
  // Firefox has no getPartitionKey, and no browser answers for a site that we may not see.
  const answer = await api.cookies.getPartitionKey?.({ tabId, frameId }).catch(() => undefined);
  const { topLevelSite, hasCrossSiteAncestor = false } = answer?.partitionKey ?? {};
  // A page of the site itself, with another site's page in between, is kept apart as well.
  if (topLevelSite) return isWithin(topLevelSite, origin) && !hasCrossSiteAncestor ? null : topLevelSite;
  const top = ancestors.at(-1);
  // “null” is the origin of a page that does not want to be known.
  if (top === undefined || !URL.canParse(top)) throw new Error("Your browser does not say in whose page this lecture is shown. Open the lecture in a tab of its own and capture it there.");
  return ancestors.every((ancestor) => ancestor === origin) ? null : top;
}

/** Whether any private window is open, as far as we may know. */
export async function hasPrivateWindow(): Promise<boolean> {
  return (await api.windows.getAll()).some(({ incognito }) => incognito);
}

/** Opens an address where the cookies are those of a jar's store. */
export async function openIn(jar: Jar, url: string): Promise<void> {
  const incognito = isPrivate(jar);
  const windows = (await api.windows.getAll({ windowTypes: ["normal"] })).filter((one) => one.incognito === incognito);
  const windowId = (windows.find(({ focused }) => focused) ?? windows[0])?.id;
  if (windowId === undefined) {
    await api.windows.create({ url, incognito });
    return;
  }
  const inContainer = jar.store.startsWith("firefox-container-") ? { cookieStoreId: jar.store } : {};
  await api.tabs.create({ url, windowId, ...inContainer } as chrome.tabs.CreateProperties);
}

/** Shows a tab that is there; false when it is gone. */
export async function bringUp(tabId: number): Promise<boolean> {
  const tab = await api.tabs.update(tabId, { active: true }).catch(() => undefined);
  if (!tab) return false;
  await api.windows.update(tab.windowId, { focused: true }).catch(() => undefined);
  return true;
}
