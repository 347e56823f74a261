// As much of the extension API as the background needs, on globalThis, with a scripted host behind connectNative.
// Import it before anything that imports shared/browser.ts.
import { FakeHost } from "@auricle/bridge/testing";
import type { Cookie } from "@auricle/bridge";

type Stored = Record<string, unknown>;

function storage(): { area: object; held: Stored } {
  const held: Stored = {};
  const area = {
    get: async (key: string) => (key in held ? { [key]: structuredClone(held[key]) } : {}),
    set: async (values: Stored) => void Object.assign(held, structuredClone(values)),
    remove: async (key: string) => void delete held[key],
  };
  return { area, held };
}

const local = storage();
const session = storage();

export const browserState = {
  host: new FakeHost(),
  cookies: [] as Cookie[],
  /** How often any cookie was asked for. */
  cookieReads: 0,
  notices: [] as string[],
  /** Ids of notices that were taken back. */
  cleared: [] as string[],
  /** Addresses, with what they were opened in. */
  opened: [] as string[],
  /** Match patterns of what the extension may see. */
  granted: [] as string[],
  badge: "",
  /** What every tab shows. */
  tabUrl: undefined as string | undefined,
  /** Of the tab that all presses come from. */
  tab: { incognito: false } as { incognito: boolean; cookieStoreId?: string },
  /** What lies in the tab's address bar, as the browser says it of a frame. */
  partitionKey: { topLevelSite: "https://panopto.com" } as { topLevelSite: string; hasCrossSiteAncestor?: boolean },
  windows: [] as { id: number; incognito: boolean; focused: boolean }[],
  /** Tabs that were shown again. */
  shown: [] as number[],
  local: local.held,
  session: session.held,
  /** As after the browser's start. */
  reset(): void {
    this.host = new FakeHost();
    this.cookies = [];
    this.cookieReads = 0;
    this.notices = [];
    this.cleared = [];
    this.opened = [];
    this.tabUrl = undefined;
    this.granted = ["https://*.panopto.com/*"];
    this.tab = { incognito: false };
    this.partitionKey = { topLevelSite: "https://panopto.com" };
    this.windows = [{ id: 1, incognito: false, focused: true }];
    this.shown = [];
    for (const held of [local.held, session.held]) for (const key of Object.keys(held)) delete held[key];
  },
};

(globalThis as { chrome?: object }).chrome = {
  runtime: {
    getURL: (path: string) => `chrome-extension://eifomnnboajlnambmpbbmkdaibgfclnl/${path}`,
    getManifest: () => ({ name: "Auricle", version: "0.1.0" }),
    connectNative: () => browserState.host.open(),
    openOptionsPage: async () => void browserState.opened.push("options"),
  },
  storage: { local: local.area, session: session.area },
  cookies: {
    getAll: async () => {
      browserState.cookieReads++;
      return structuredClone(browserState.cookies);
    },
    getAllCookieStores: async () => [{ id: browserState.tab.incognito ? "1" : "0", tabIds: [7] }],
    getPartitionKey: async () => ({ partitionKey: browserState.partitionKey }),
  },
  tabs: { query: async () => [], get: async (id: number) => ({ id, index: 3, title: "Acoustics", url: browserState.tabUrl, ...browserState.tab }), create: async ({ url, windowId, cookieStoreId }: { url: string; windowId?: number; cookieStoreId?: string }) => void browserState.opened.push([url, ...(windowId === undefined ? [] : [`window ${windowId}`]), ...(cookieStoreId ? [cookieStoreId] : [])].join(" ")), update: async (id: number) => ({ id, windowId: browserState.shown.push(id) }) },
  windows: {
    getAll: async () => [...browserState.windows],
    update: async () => undefined,
    create: async ({ url, incognito }: { url: string; incognito: boolean }) => void browserState.opened.push(`${incognito ? "private " : ""}window ${url}`),
  },
  permissions: { getAll: async () => ({ origins: [...browserState.granted] }) },
  scripting: { getRegisteredContentScripts: async () => [], registerContentScripts: async () => undefined },
  notifications: {
    clear: async (id: string) => void browserState.cleared.push(id),
    create: async (...given: [{ message: string }] | [string, { title: string }]) =>
      void browserState.notices.push(given.length === 1 ? given[0].message : `${given[0]} ${given[1].title}`),
  },
  action: { setBadgeText: async ({ text }: { text: string }) => void (browserState.badge = text), setBadgeBackgroundColor: async () => undefined, openPopup: async () => void browserState.opened.push("popup") },
};
