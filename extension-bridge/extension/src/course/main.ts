// Our own page of a course: its recordings with boxes to tick, and one button that captures what is ticked.
import { api } from "../shared/browser.ts";
import { covers, patternsFor } from "../shared/access.ts";
import { hostCard, type Card } from "../shared/card.ts";
import { courseParams, recogniseCourse } from "../shared/course.ts";
import { earMark, h, say } from "../shared/dom.ts";
import { jarNamed } from "../shared/jar.ts";
import { captureKey, recognise } from "../shared/page.ts";
import { Panel } from "../shared/panel.ts";
import { Rows } from "./rows.ts";
import { PANEL_PORT, type CourseSource, type Order, type Outcome, type Snapshot } from "../shared/wire.ts";
import { RETRY, type Action } from "../shared/advice.ts";

const part = <T extends HTMLElement = HTMLElement>(id: string): T => document.getElementById(id) as T;

function order(given: Order): Promise<Outcome> {
  return api.runtime.sendMessage<Order, Outcome>(given);
}

class Course {
  readonly #source: CourseSource;
  readonly #origin: string;
  readonly #rows = new Rows(part("rows"), () => this.#count());
  readonly #notice = new Panel((action) => void this.#pressed(action));
  #snapshot: Snapshot | null = null;
  #next: string | number | undefined;
  #total = 0;
  #isListed = false;
  #isListing = false;
  #isHandingOver = false;
  #needsSignIn = false;
  /** Why there is no list, where asking again may help. */
  #failure: string | null = null;

  constructor(source: CourseSource, origin: string) {
    this.#source = source;
    this.#origin = origin;
    part("notice").append(this.#notice.element);
    part("more").addEventListener("click", () => void this.#list());
    part<HTMLInputElement>("all").addEventListener("change", ({ target }) => this.#rows.tickAll((target as HTMLInputElement).checked));
    part("choice").addEventListener("submit", (event) => {
      event.preventDefault();
      if (event.isTrusted) void this.#capture();
    });
    // Whoever went to sign in comes back to this tab.
    document.addEventListener("visibilitychange", () => {
      if (document.visibilityState === "visible" && this.#needsSignIn) void this.#list();
    });
  }

  show(snapshot: Snapshot): void {
    this.#snapshot = snapshot;
    const card = this.#isListed && !this.#needsSignIn ? hostCard(snapshot.host, null) : this.#card(snapshot);
    part("notice").hidden = card === null;
    if (card) this.#notice.update(card, "");
    if (card === null && !this.#isListed) void this.#list();
    this.#showRows();
  }

  /** What stands in the way of the list; null: nothing. */
  #card(snapshot: Snapshot): Card | null {
    const trouble = hostCard(snapshot.host, null);
    if (trouble) return trouble;
    const host = new URL(this.#origin).host;
    if (!covers(snapshot.granted, this.#origin)) {
      return { state: "access", label: "Your browser does not let Auricle see this site", percent: null, detail: `Allow it to see ${host}, and the list appears here.`, primary: { action: "grant", label: "Allow access" } };
    }
    if (!snapshot.consented.includes(this.#origin)) {
      return {
        state: "consent", label: "List recordings", percent: null, primary: { action: "allow", label: "Allow and list" },
        detail: `Auricle uses your sign-in at ${host} to list these recordings and to fetch the sound of those that you choose. Your cookies stay on this computer: only the sound and its captions are sent on.`,
      };
    }
    if (this.#needsSignIn) {
      return { state: "waiting", label: "Sign in first", percent: null, detail: `${host} shows this list to nobody who is not signed in. Sign in there, then come back here.`, primary: { action: "sign_in", label: "Sign in" }, secondary: { action: "retry", label: "Try again" } };
    }
    if (this.#failure !== null) return { state: "failed", label: "Not listed", percent: null, detail: this.#failure, primary: RETRY };
    return null;
  }

  async #pressed(action: Action): Promise<void> {
    switch (action) {
      // The browser asks only at once upon a press: nothing may be awaited before.
      case "grant":
        await api.permissions.request({ origins: patternsFor(this.#origin) });
        return;
      case "allow":
        this.#say(await order({ order: "course_agree", source: this.#source }));
        return;
      case "sign_in":
        await api.tabs.create({ url: this.#source.url });
        return;
      case "retry":
        return this.#list();
      default:
        this.#say(await order({ order: "press", action }));
    }
  }

  async #list(): Promise<void> {
    if (this.#isListing) return;
    this.#isListing = true;
    part<HTMLButtonElement>("more").disabled = true;
    const outcome = await order({ order: "course_list", source: this.#source, ...(this.#next === undefined ? {} : { after: this.#next }) });
    this.#isListing = false;
    part<HTMLButtonElement>("more").disabled = false;
    this.#needsSignIn = !outcome.ok && outcome.kind === "login_required";
    this.#failure = outcome.ok || this.#needsSignIn ? null : outcome.said;
    if (this.#isListed && !this.#needsSignIn) this.#say(outcome);
    if (outcome.ok && outcome.listed) {
      this.#isListed = true;
      this.#rows.add(outcome.listed.items);
      this.#next = outcome.listed.next;
      this.#total = outcome.listed.total;
    }
    if (this.#snapshot) this.show(this.#snapshot);
  }

  async #capture(): Promise<void> {
    const ticked = this.#rows.ticked();
    if (ticked.length === 0 || this.#isHandingOver) return;
    this.#isHandingOver = true;
    this.#count();
    const outcome = await order({ order: "course_capture", source: this.#source, ticked });
    this.#isHandingOver = false;
    this.#say(outcome);
    if (outcome.ok) {
      this.#rows.untick();
      this.#rows.refuse(new Map(outcome.refused?.map(({ page, said }) => [page, said])));
    }
    this.#showRows();
  }

  #showRows(): void {
    const { captures, target, vanityHosts } = this.#snapshot ?? { captures: [], target: "folder", vanityHosts: [] };
    const byKey = new Map(captures.map((capture) => [capture.key, capture]));
    this.#rows.show((page) => {
      const lecture = recognise(page, vanityHosts);
      return (lecture && byKey.get(captureKey(lecture, target, jarNamed(this.#source.store)))) ?? null;
    });
    part("choice").hidden = !this.#isListed;
    part("none").hidden = this.#rows.size > 0;
    part("more").hidden = this.#next === undefined;
    say(part("more"), `Show more (${this.#rows.size} of ${this.#total})`);
  }

  #count(): void {
    const { open, ticked } = this.#rows.counts();
    const all = part<HTMLInputElement>("all");
    all.disabled = open === 0;
    all.checked = open > 0 && ticked >= open;
    all.indeterminate = ticked > 0 && ticked < open;
    const button = part<HTMLButtonElement>("capture");
    button.disabled = ticked === 0 || this.#isHandingOver;
    say(button, ticked === 0 ? "Capture selected" : `Capture ${ticked} selected`);
    say(part("count"), this.#rows.size === this.#total ? `${this.#total} recordings` : `${this.#rows.size} of ${this.#total} recordings`);
  }

  #say(outcome: Outcome): void {
    say(part("said"), outcome.ok ? "" : outcome.said);
    part("said").hidden = outcome.ok;
  }
}

function begin(): void {
  const source = courseParams(location.search);
  const page = recogniseCourse(source.url, [URL.canParse(source.url) ? new URL(source.url).hostname : ""]);
  part("mark").append(earMark(26));
  if (!page) {
    part("said").hidden = false;
    say(part("said"), "This page lists no recordings. Open a folder or a playlist at Panopto.");
    return;
  }
  const title = source.title.trim();
  if (title !== "") {
    say(part("title"), title);
    document.title = `${title} – Choose recordings`;
  }
  part("where").append(h("a", { href: page.url }, page.host));
  const course = new Course({ url: page.url, ...(source.store === undefined ? {} : { store: source.store }) }, page.origin);
  const port = api.runtime.connect({ name: PANEL_PORT });
  port.onMessage.addListener((snapshot: Snapshot) => course.show(snapshot));
}

begin();
