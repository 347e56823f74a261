// The toolbar's popup: this page's lecture, and all captures.
import { api } from "../shared/browser.ts";
import { covers, PANOPTO, patternsFor, seesPanopto } from "../shared/access.ts";
import { captureKey, recognise } from "../shared/page.ts";
import { cardOf, hostCard, pageCard } from "../shared/card.ts";
import { recogniseCourse } from "../shared/course.ts";
import { command, REGISTER_COMMAND } from "../shared/install.ts";
import { earMark, h, say } from "../shared/dom.ts";
import { Panel } from "../shared/panel.ts";
import { PANEL_PORT, type HostView, type Order, type Outcome, type Place, type Snapshot, type TabCall, type WhoAnswer } from "../shared/wire.ts";
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

/** The tab's lecture: of the tab itself, or of a frame in it that says so. */
async function findPlace(): Promise<Place | null> {
  const [tab] = await api.tabs.query({ active: true, currentWindow: true });
  if (tab?.id === undefined) return null;
  const who = await api.tabs.sendMessage<TabCall, WhoAnswer>(tab.id, { call: "who" }).catch(() => undefined);
  const url = who?.url ?? tab.url;
  return url ? { url, title: who?.title ?? tab.title ?? "", tabId: tab.id, frameId: 0 } : null;
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

class Popup {
  readonly #place: Place | null;
  readonly #page: Panel;
  readonly #trouble: Panel;
  readonly #nowhere = h("div", {}, earMark(44), h("p", {}, "No lecture on this page."), h("p", { class: "hint" }, "Open one on Panopto and press “Capture audio”: only its sound is fetched, and you find it here."));
  readonly #unseen = h("div", { "data-auricle": "unseen" }, earMark(44), h("p", {}, "Auricle may not see Panopto yet."), h("p", { class: "hint" }, "Your browser asks you once whether it may. Without that it finds no lecture and cannot use your sign-in."));
  readonly #course = courseHint(() => void this.#openCourse());
  readonly #rows = new Map<string, { panel: Panel; row: HTMLElement }>();

  constructor(place: Place | null) {
    this.#place = place;
    this.#page = new Panel((action) => {
      if (action === "later") window.close();
      else if (action === "grant" && place) askForAccess(patternsFor(new URL(place.url).origin), place);
      else void order({ order: "press", action, ...(place ? { place } : {}) });
    });
    this.#trouble = new Panel((action) => void order({ order: "press", action }));
    const allow = h("button", { type: "button", class: "primary", "data-auricle": "grant" }, "Allow access to Panopto");
    allow.addEventListener("click", () => askForAccess([...PANOPTO]));
    this.#unseen.append(allow);
    part("trouble").append(this.#trouble.element, command(REGISTER_COMMAND));
  }

  show(snapshot: Snapshot): void {
    this.#showHost(snapshot.host);
    // The card about the program says it better, and with a button.
    if (snapshot.host.problem) part("said").hidden = true;
    const own = this.#showPage(snapshot);
    this.#showCaptures(snapshot.captures.filter((capture) => capture.id !== own));
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

  /** Returns the id of the capture that the page's card already shows. */
  #showPage({ host, captures, consented, granted, target, vanityHosts }: Snapshot): string | undefined {
    const page = this.#place && recognise(this.#place.url, vanityHosts);
    const box = part("page");
    box.classList.toggle("none", !page);
    if (!page) {
      // Without the program there is one thing to do, and a hint about lectures would only stand in its way.
      box.hidden = host.state === "unreachable";
      const course = this.#place !== null && recogniseCourse(this.#place.url, vanityHosts) !== null;
      const shown = course ? this.#course : seesPanopto(granted) ? this.#nowhere : this.#unseen;
      if (shown.parentElement !== box) box.replaceChildren(shown);
      return undefined;
    }
    const key = captureKey(page, target);
    const capture = captures.find((one) => one.key === key) ?? null;
    box.hidden = host.state === "unreachable" && capture === null;
    const quiet: HostView = { state: host.state };
    this.#page.update(pageCard(quiet, consented.includes(page.origin), capture, page.origin, covers(granted, page.origin)), capture?.title ?? this.#place?.title ?? "");
    if (this.#page.element.parentElement !== box) box.replaceChildren(this.#page.element);
    return capture?.id;
  }

  async #openCourse(): Promise<void> {
    if (!this.#place) return;
    await order({ order: "course_open", tabId: this.#place.tabId });
    window.close();
  }

  #showCaptures(captures: Capture[]): void {
    const list = part("list");
    const kept = new Set(captures.map((capture) => capture.id));
    for (const [id, { row }] of this.#rows) {
      if (kept.has(id)) continue;
      row.remove();
      this.#rows.delete(id);
    }
    captures.forEach((capture, index) => {
      const { panel, row } = this.#rows.get(capture.id) ?? this.#addRow(capture.id);
      panel.update(cardOf(capture), capture.title ?? capture.page);
      if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
    });
  }

  #addRow(captureId: string): { panel: Panel; row: HTMLElement } {
    const panel = new Panel((action: Action) => void order({ order: "press", action, captureId }));
    const row = h("li", { "data-capture": captureId }, panel.element);
    const added = { panel, row };
    this.#rows.set(captureId, added);
    return added;
  }
}

part("mark").append(earMark(19));
part("settings").addEventListener("click", () => void api.runtime.openOptionsPage());
const popup = new Popup(await findPlace());
const port = api.runtime.connect({ name: PANEL_PORT });
port.onMessage.addListener((snapshot: Snapshot) => popup.show(snapshot));
