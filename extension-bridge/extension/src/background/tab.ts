// What the browser says of a tab: its cookie store, and the site in its address bar.
import { api } from "../shared/browser.ts";

/** The tab's cookie store (a container in Firefox, a private window in both); undefined: the usual one. */
export async function storeOf(tabId: number): Promise<string | undefined> {
  const tab = (await api.tabs.get(tabId).catch(() => undefined)) as (chrome.tabs.Tab & { cookieStoreId?: string }) | undefined;
  if (tab?.cookieStoreId !== undefined) return tab.cookieStoreId;
  const stores = await api.cookies.getAllCookieStores().catch(() => []);
  return stores.find((store) => store.tabIds.includes(tabId))?.id;
}

/** The origin in the tab's address bar, from the browser itself; `fallback` where it does not tell. */
export async function topLevelOf(tabId: number, frameId: number, fallback: string): Promise<string> {
  try {
    const { partitionKey } = await api.cookies.getPartitionKey({ tabId, frameId });
    if (partitionKey.topLevelSite) return partitionKey.topLevelSite;
  } catch {
    // Firefox before 141 has no getPartitionKey, and no browser has it for a tab that is gone.
  }
  const tab = await api.tabs.get(tabId).catch(() => undefined);
  return tab?.url && URL.canParse(tab.url) ? new URL(tab.url).origin : fallback;
}
