// The toolbar's popup: this page's lecture, and all captures.
import { api } from "../shared/browser.ts";
import { PANOPTO, patternsFor, seesPanopto } from "../shared/access.ts";
import { cardOf, hostCard, pageCard } from "../shared/card.ts";
import { recogniseCourse } from "../shared/course.ts";
import { command, REGISTER_COMMAND } from "../shared/install.ts";
import { earMark, h, say } from "../shared/dom.ts";
import { serverOf, unseenServers } from "../shared/own-servers.ts";
import { Panel } from "../shared/panel.ts";
import { Player } from "./player.ts";
import { PANEL_PORT, type HostView, type Order, type Outcome, type PanelTab, type Place, type ShownLecture, type Snapshot } from "../shared/wire.ts";
import type { Action } from "../shared/advice.ts";
import type { Capture } from "@auricle/bridge";

const part = (id: string): HTMLElement => document.getElementById(id) as HTMLElement;

const HOST_WORDS: Readonly<Record<HostView["state"], string>> = {
  idle: "",
  connecting: "Connecting…",
  connected: "Ready",
  reconnecting: "Starting again…",
  unreachable: "Not reached",
};

/** The tab above which this popup was opened. */
async function ownTab(): Promise<PanelTab | null> {
  const [tab] = await api.tabs.query({ active: true, currentWindow: true });
  return tab?.id === undefined ? null : { tabId: tab.id, url: tab.url ?? "", title: tab.title ?? "", isPrivate: tab.incognito };
}

async function order(given: Order): Promise<void> {
  const outcome: Outcome = await api.runtime.sendMessage<Order, Outcome>(given);
  say(part("said"), outcome.ok ? "" : outcome.said);
  part("said").hidden = outcome.ok || !part("trouble").hidden;
}

/**
 * Has the browser ask the person, which it only does at once upon a press. Its question may close this popup: the
 * background, which hears of the answer, goes on with `place`.
 */
function askForAccess(origins: string[], place?: Place): void {
  if (place) void order({ order: "await_access", place });
  void api.permissions.request({ origins }).then((isGiven) => {
    if (!isGiven) void order({ order: "access_denied" });
  });
}

/** What stands in a lecture's place on a page that lists many. */
function courseHint(open: () => void): HTMLElement {
  const button = h("button", { type: "button", class: "primary", "data-auricle": "course" }, "Choose recordings");
  button.addEventListener("click", open);
  return h("div", {}, earMark(44), h("p", {}, "This page lists recordings."), h("p", { class: "hint" }, "Tick those whose sound you want: they are fetched in turn."), button);
}

/** What stands in a lecture's place where the browser does not let us see there might be one. `what`: the site's name. */
function unseenHint(what: string, origins: readonly string[]): HTMLElement {
  const allow = h("button", { type: "button", class: "primary", "data-auricle": "grant" }, `Allow access to ${what}`);
  allow.addEventListener("click", () => askForAccess([...origins]));
  return h("div", { "data-auricle": "unseen" }, earMark(44), h("p", {}, `Auricle may not see ${what} yet.`), h("p", { class: "hint" }, "Your browser asks you once whether it may. Without that it finds no lecture and cannot use your sign-in."), allow);
}

function newPlayer(): Player {
  return new Player(() => void order({ order: "press", action: "open_settings" }));
}

/** A lecture in the tab, with what can be done about it. */
class LecturePanel {
  #place: Place | null = null;
  readonly player = newPlayer();
  readonly #panel = new Panel((action) => {
    const place = this.#place;
    if (!place) return;
    if (action === "later") window.close();
    else if (action === "grant") askForAccess(patternsFor(new URL(place.url).origin), place);
    else void order({ order: "press", action, place });
  }, this.player);

  get element(): HTMLElement {
    return this.#panel.element;
  }

  show({ state }: HostView, { place, page }: ShownLecture): void {
    this.#place = place;
    // The card about the program says it for all of them.
    this.#panel.update(pageCard({ state }, page.consented, page.capture, new URL(place.url).origin, page.access), page.capture?.title ?? place.title);
    this.player.show(page.capture);
  }
}

/** A capture in the list. */
interface Row {
  panel: Panel;
  player: Player;
  row: HTMLElement;
}

class Popup {
  /** One for each lecture in the tab. */
  readonly #lectures: LecturePanel[] = [];
  readonly #trouble: Panel;
  readonly #nowhere = h("div", {}, earMark(44), h("p", {}, "No lecture on this page."), h("p", { class: "hint" }, "Open one on Panopto and press “Capture audio”: only its sound is fetched, and you find it here."));
  readonly #unseen = unseenHint("Panopto", PANOPTO);
  /** Of the one server that is the tab's own. */
  #unseenHere: HTMLElement | null = null;
  readonly #course = courseHint(() => void this.#openCourse());
  readonly #tab: PanelTab | null;
  readonly #rows = new Map<string, Row>();

  constructor(tab: PanelTab | null) {
    this.#tab = tab;
    this.#trouble = new Panel((action) => void order({ order: "press", action }));
    part("trouble").append(this.#trouble.element, command(REGISTER_COMMAND));
  }

  show(snapshot: Snapshot): void {
    this.#showHost(snapshot.host);
    // The card about the program says it better, and with a button.
    if (snapshot.host.problem) part("said").hidden = true;
    this.#showLectures(snapshot);
    const own = snapshot.lectures.map(({ page }) => page.capture?.id);
    this.#showCaptures(snapshot.captures.filter((capture) => !own.includes(capture.id)));
    part("captures").hidden = this.#rows.size === 0;
  }

  #showHost(host: HostView): void {
    say(part("host"), host.state === "connected" && host.version ? `Ready · ${host.version}` : HOST_WORDS[host.state]);
    document.body.dataset["host"] = host.state;
    const card = hostCard(host, null);
    part("trouble").hidden = card === null;
    if (card) this.#trouble.update(card, "");
    const missing = host.problem?.problem === "host_missing" || host.problem?.problem === "host_forbidden";
    part("trouble").querySelector("pre")?.toggleAttribute("hidden", !missing);
  }

  #showLectures(snapshot: Snapshot): void {
    const { host, lectures } = snapshot;
    const box = part("page");
    box.classList.toggle("none", lectures.length === 0);
    if (lectures.length === 0) {
      for (const { player } of this.#lectures) player.close();
      // Without the program there is one thing to do, and a hint about lectures would only stand in its way.
      box.hidden = host.state === "unreachable";
      const shown = this.#instead(snapshot);
      if (shown.parentElement !== box) box.replaceChildren(shown);
      return;
    }
    box.hidden = host.state === "unreachable" && lectures.every(({ page }) => page.capture === null);
    while (this.#lectures.length < lectures.length) this.#lectures.push(new LecturePanel());
    for (const { player } of this.#lectures.slice(lectures.length)) player.close();
    const panels = this.#lectures.slice(0, lectures.length);
    panels.forEach((panel, index) => panel.show(host, lectures[index] as ShownLecture));
    if (box.childElementCount !== panels.length || panels.some(({ element }) => element.parentElement !== box)) box.replaceChildren(...panels.map(({ element }) => element));
  }

  /** What is shown where there is no lecture. */
  #instead({ granted, vanityHosts, ownServers }: Snapshot): HTMLElement {
    const address = this.#tab?.url ?? "";
    if (recogniseCourse(address, vanityHosts)) return this.#course;
    const unseen = serverOf(address, unseenServers(ownServers, granted));
    if (unseen) return (this.#unseenHere ??= unseenHint(new URL(unseen.origin).host, patternsFor(unseen.origin)));
    return seesPanopto(granted) ? this.#nowhere : this.#unseen;
  }

  async #openCourse(): Promise<void> {
    if (!this.#tab) return;
    await order({ order: "course_open", tabId: this.#tab.tabId });
    window.close();
  }

  #showCaptures(captures: Capture[]): void {
    const list = part("list");
    const kept = new Set(captures.map((capture) => capture.id));
    for (const [id, { row, player }] of this.#rows) {
      if (kept.has(id)) continue;
      player.close();
      row.remove();
      this.#rows.delete(id);
    }
    captures.forEach((capture, index) => {
      const { panel, player, row } = this.#rows.get(capture.id) ?? this.#addRow(capture.id);
      panel.update(cardOf(capture), capture.title ?? capture.page);
      player.show(capture);
      if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
    });
  }

  #addRow(captureId: string): Row {
    const player = newPlayer();
    const panel = new Panel((action: Action) => void order({ order: "press", action, captureId }), player);
    const row = h("li", { "data-capture": captureId }, panel.element);
    const added = { panel, player, row };
    this.#rows.set(captureId, added);
    return added;
  }
}

part("mark").append(earMark(19));
part("settings").addEventListener("click", () => void api.runtime.openOptionsPage());
const tab = await ownTab();
const popup = new Popup(tab);
const port = api.runtime.connect({ name: PANEL_PORT });
port.onMessage.addListener((snapshot: Snapshot) => popup.show(snapshot));
if (tab) port.postMessage(tab);
