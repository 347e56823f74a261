// What only Firefox's own scope can do: its chrome window, into which WebDriver BiDi lets us with --remote-allow-system-access.
// Each function here is sent there as text: it sees its arguments and Firefox's own names, nothing of this file.

interface XulBrowser extends Element {
  readonly currentURI: { readonly spec: string };
  permanentKey?: object;
  readonly browsingContext: { prefersColorSchemeOverride: string };
}

interface BrowserWindow extends Window {
  readonly gBrowser: { readonly selectedBrowser: XulBrowser };
}

interface XulPanel extends Element {
  readonly state: string;
  hidePopup(): void;
}

interface Extension {
  readonly backgroundContext?: { readonly xulBrowser: XulBrowser };
  wakeupBackground?(): Promise<void>;
  terminateBackground(options: { disableResetIdleForTest: boolean }): Promise<void>;
}

interface Modules {
  "chrome://remote/content/shared/NavigableManager.sys.mjs": {
    NavigableManager: {
      getBrowserById(id: string): XulBrowser | null;
      getIdForBrowser(browser: XulBrowser): string;
      getBrowsingContextById(id: string): { prefersColorSchemeOverride: string } | null;
    };
  };
  "resource://gre/modules/ExtensionParent.sys.mjs": {
    ExtensionParent: { apiManager: { global: { browserActionFor(extension: Extension): { triggerAction(window: Window): void } } } };
  };
  "resource:///modules/BrowserWindowTracker.sys.mjs": {
    BrowserWindowTracker: { promiseOpenWindow(options: { private: boolean }): Promise<BrowserWindow>; getTopWindow(): BrowserWindow; readonly orderedWindows: readonly BrowserWindow[] };
  };
  "resource://gre/modules/ExtensionPermissions.sys.mjs": {
    ExtensionPermissions: { remove(id: string, what: { permissions: string[]; origins: string[] }, extension: Extension): Promise<void> };
  };
}

declare const ChromeUtils: { importESModule<Address extends keyof Modules>(address: Address): Modules[Address] };
declare const WebExtensionPolicy: { getByID(id: string): { readonly extension: Extension } };
declare const PopupNotifications: { readonly panel: XulPanel & { readonly firstElementChild: { readonly button: HTMLElement; readonly secondaryButton: HTMLElement } | null } };

/**
 * BiDi knows tabs only. This makes it take ids of the extension's popup and background as well, so that real presses,
 * scripts and pictures work there as they do in a tab.
 */
export function openUpExtension(extensionId: string): void {
  const { NavigableManager } = ChromeUtils.importESModule("chrome://remote/content/shared/NavigableManager.sys.mjs");
  const findTab = NavigableManager.getBrowserById.bind(NavigableManager);
  const { BrowserWindowTracker } = ChromeUtils.importESModule("resource:///modules/BrowserWindowTracker.sys.mjs");
  NavigableManager.getBrowserById = (id) => {
    const popups = BrowserWindowTracker.orderedWindows.flatMap((one) => [...one.document.querySelectorAll<XulBrowser>("browser.webextension-popup-browser")]);
    const background = WebExtensionPolicy.getByID(extensionId).extension.backgroundContext?.xulBrowser;
    const own = [...popups, ...(background ? [background] : [])];
    return own.find((browser) => NavigableManager.getIdForBrowser(browser) === id) ?? findTab(id);
  };
}

/** BiDi's id of the one tab in a new private window. */
export async function openPrivateWindow(): Promise<string> {
  const { NavigableManager } = ChromeUtils.importESModule("chrome://remote/content/shared/NavigableManager.sys.mjs");
  const { BrowserWindowTracker } = ChromeUtils.importESModule("resource:///modules/BrowserWindowTracker.sys.mjs");
  const opened = await BrowserWindowTracker.promiseOpenWindow({ private: true });
  return NavigableManager.getIdForBrowser(opened.gBrowser.selectedBrowser);
}

/** As a click on the toolbar's button of the window in front. */
export function pressToolbarButton(extensionId: string): void {
  const { BrowserWindowTracker } = ChromeUtils.importESModule("resource:///modules/BrowserWindowTracker.sys.mjs");
  const { ExtensionParent } = ChromeUtils.importESModule("resource://gre/modules/ExtensionParent.sys.mjs");
  ExtensionParent.apiManager.global.browserActionFor(WebExtensionPolicy.getByID(extensionId).extension).triggerAction(BrowserWindowTracker.getTopWindow());
}

/** BiDi's id of the popup that is open; null while none is. */
export function popupId(): string | null {
  const { NavigableManager } = ChromeUtils.importESModule("chrome://remote/content/shared/NavigableManager.sys.mjs");
  const { BrowserWindowTracker } = ChromeUtils.importESModule("resource:///modules/BrowserWindowTracker.sys.mjs");
  const popup = BrowserWindowTracker.orderedWindows.flatMap((one) => [...one.document.querySelectorAll<XulBrowser>("browser.webextension-popup-browser")]).find(
    (browser) => browser.closest<XulPanel>("panel")?.state === "open" && browser.currentURI.spec.endsWith("/popup.html"),
  );
  if (!popup) return null;
  popup.permanentKey ??= {};
  return NavigableManager.getIdForBrowser(popup);
}

export function closePopup(): void {
  const { BrowserWindowTracker } = ChromeUtils.importESModule("resource:///modules/BrowserWindowTracker.sys.mjs");
  for (const { document: own } of BrowserWindowTracker.orderedWindows) for (const browser of own.querySelectorAll("browser.webextension-popup-browser")) browser.closest<XulPanel>("panel")?.hidePopup();
}

/** BiDi's id of the extension's event page, which is woken where it sleeps; null where it cannot be reached yet. */
export async function backgroundId(extensionId: string): Promise<string | null> {
  const { NavigableManager } = ChromeUtils.importESModule("chrome://remote/content/shared/NavigableManager.sys.mjs");
  const { extension } = WebExtensionPolicy.getByID(extensionId);
  await extension.wakeupBackground?.();
  const browser = extension.backgroundContext?.xulBrowser;
  if (!browser) return null;
  browser.permanentKey ??= {};
  return NavigableManager.getIdForBrowser(browser);
}

/** As the browser does with an event page that is idle. */
export async function endBackground(extensionId: string): Promise<void> {
  await WebExtensionPolicy.getByID(extensionId).extension.terminateBackground({ disableResetIdleForTest: true });
}

/** As in about:addons, under Permissions. */
export async function takeAccessBack(extensionId: string, origins: readonly string[]): Promise<void> {
  const { ExtensionPermissions } = ChromeUtils.importESModule("resource://gre/modules/ExtensionPermissions.sys.mjs");
  await ExtensionPermissions.remove(extensionId, { permissions: [], origins: [...origins] }, WebExtensionPolicy.getByID(extensionId).extension);
}

/** Presses “Allow” in the browser's own question; false while it does not ask. */
export function allowInPrompt(): boolean {
  const { panel } = PopupNotifications;
  if (panel.state !== "open" || !panel.firstElementChild) return false;
  panel.firstElementChild.button.click();
  return true;
}

/** What `prefers-color-scheme` says in a tab or popup. */
export function setColours(contextId: string, scheme: string): void {
  const { NavigableManager } = ChromeUtils.importESModule("chrome://remote/content/shared/NavigableManager.sys.mjs");
  const context = NavigableManager.getBrowsingContextById(contextId);
  if (context) context.prefersColorSchemeOverride = scheme;
}
