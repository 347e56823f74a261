// The background: a service worker in Chromium, an event page in Firefox. Listens to the browser and passes it on to the desk.
import { ChannelError } from "@auricle/bridge";
import { captureIdOf, signInPlaceOf } from "./notice.ts";
import { Desk } from "./desk.ts";
import { api } from "../shared/browser.ts";
import { streamAmong } from "../shared/stream.ts";
import { PAGE_PORT, PANEL_PORT, type AudioAnswer, type AudioCall, type CourseCall, type Order, type Outcome, type PageHello, type PageNews, type PagePress, type PanelTab, type Place, type TabCall } from "../shared/wire.ts";
import type { Action } from "../shared/advice.ts";

/** What shows changes at most this often, ms. */
const NEWS_EVERY_MS = 120;

/** Of a page's title, characters. */
const LONGEST_TITLE = 300;

/** What a page may ask for: all of it about its own lecture. */
const PAGE_ACTIONS: ReadonlySet<Action> = new Set(["capture", "allow", "cancel", "continue", "retry", "remove", "reveal", "sign_in", "open_page", "open_settings", "connect", "install_help", "grant"]);

/** The settings and popups; a popup has said above which tab it is. */
const panels = new Map<chrome.runtime.Port, PanelTab | null>();
const pages = new Map<chrome.runtime.Port, Place>();
let newsTimer: ReturnType<typeof setTimeout> | undefined;

const desk = new Desk(tellSoon, () => panels.size > 0);

function tellSoon(): void {
  newsTimer ??= setTimeout(() => {
    newsTimer = undefined;
    void tell();
  }, NEWS_EVERY_MS);
}

async function tell(): Promise<void> {
  await Promise.all([...[...panels].map(([port, tab]) => tellPanel(port, tab)), ...[...pages].map(([port, place]) => tellPage(port, place))]);
}

async function tellPanel(port: chrome.runtime.Port, tab: PanelTab | null): Promise<void> {
  const snapshot = await desk.snapshot(tab ? placesIn(tab) : [], tab?.isPrivate ?? false);
  if (panels.has(port)) port.postMessage(snapshot);
}

/** Where lectures may be in a tab: frames that have said so, the tab's own page first, or that page where we may not see any. */
function placesIn({ tabId, url, title }: PanelTab): Place[] {
  const places = [...pages.values()].filter((place) => place.tabId === tabId && isOnShow(place, url)).sort((a, b) => a.frameId - b.frameId);
  return places.length > 0 ? places : [{ url, title, tabId, frameId: 0 }];
}

/** A page that the tab showed before may be kept by the browser for the way back, with its port. */
function isOnShow({ frameId, url, ancestors }: Place, shown: string): boolean {
  if (!URL.canParse(shown)) return true;
  if (frameId === 0) return withoutFragment(url) === withoutFragment(shown);
  const top = ancestors?.at(-1);
  return top === undefined || top === "null" || top === new URL(shown).origin;
}

function withoutFragment(address: string): string {
  return address.replace(/#.*$/, "");
}

async function tellPage(port: chrome.runtime.Port, place: Place): Promise<void> {
  const snapshot = await desk.pageSnapshot(place);
  if (snapshot && pages.has(port)) port.postMessage({ snapshot } satisfies PageNews);
}

function isOurs(sender: chrome.runtime.MessageSender | undefined): boolean {
  return sender?.url?.startsWith(api.runtime.getURL("")) ?? false;
}

function welcomePanel(port: chrome.runtime.Port): void {
  panels.set(port, null);
  port.onDisconnect.addListener(() => panels.delete(port));
  port.onMessage.addListener((message: unknown) => {
    const tab = message as PanelTab;
    panels.set(port, tab);
    // A tab without a lecture has nobody who listens.
    api.tabs.sendMessage(tab.tabId, { call: "wake" } satisfies TabCall).catch(() => undefined);
    tellSoon();
  });
  void desk.look().finally(tellSoon);
  tellSoon();
}

/** The browser says which page a port belongs to; only its title and what is around it comes from our script there. */
function welcomePage(port: chrome.runtime.Port): void {
  const { tab, url, frameId = 0 } = port.sender ?? {};
  if (tab?.id === undefined || !url) return;
  const place: Place = { url, title: "", tabId: tab.id, frameId };
  pages.set(port, place);
  port.onDisconnect.addListener(() => {
    pages.delete(port);
    tellSoon();
  });
  port.onMessage.addListener((message: unknown) => {
    const said = message as PagePress | PageHello;
    place.title = String(said.title).slice(0, LONGEST_TITLE);
    if (said.action === undefined) return introduce(place, said);
    const { action, stream } = said;
    if (!PAGE_ACTIONS.has(action)) return;
    const loaded = stream === undefined ? undefined : streamAmong([String(stream)]);
    if (loaded === undefined) delete place.stream;
    else place.stream = loaded;
    desk.press(action, place).catch((error: unknown) => {
      // The lack of a program is told by the card itself, with its button.
      if (error instanceof ChannelError || !pages.has(port)) return;
      port.postMessage({ said: error instanceof Error ? error.message : String(error) } satisfies PageNews);
    });
  });
  void tellPage(port, place);
}

function introduce(place: Place, { ancestors }: PageHello): void {
  if (ancestors) place.ancestors = ancestors.map(String);
  tellSoon();
  void desk.lookFrom(place);
}

api.runtime.onConnect.addListener((port) => {
  if (port.name === PANEL_PORT && isOurs(port.sender)) welcomePanel(port);
  if (port.name === PAGE_PORT) welcomePage(port);
});

api.runtime.onMessage.addListener((message: unknown, sender, reply: (answer: Outcome | AudioAnswer) => void) => {
  const tabId = sender.tab?.id;
  if (!isOurs(sender) && tabId !== undefined && sender.frameId === 0 && (message as CourseCall).call === "course") {
    void desk.obey({ order: "course_open", tabId }).then(reply);
    return true;
  }
  if (!isOurs(sender)) return false;
  if ((message as AudioCall).call === "audio") {
    void desk.listening.answer(message as AudioCall).then(reply);
    return true;
  }
  void desk.obey(message as Order).then(reply);
  return true;
});

api.cookies.onChanged.addListener(({ cookie, removed }) => void desk.cookieChanged(cookie, removed));
api.notifications.onClicked.addListener((id) => {
  const captureId = captureIdOf(id);
  if (captureId !== null) void desk.openPageOf(captureId);
  const place = signInPlaceOf(id);
  if (place !== null) void desk.openSignIn(place);
  void api.notifications.clear(id);
});
api.windows.onRemoved.addListener(() => void desk.windowClosed());
api.permissions.onAdded.addListener(() => void desk.accessGiven());
api.permissions.onRemoved.addListener(() => void desk.vanityChanged());
api.storage.local.onChanged.addListener(tellSoon);

void desk.wake();
