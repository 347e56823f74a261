// The button on a lecture's page, with a panel that opens from it.
import { dress, earMark, h, say } from "../shared/dom.ts";
import { pageCard, type Card } from "../shared/card.ts";
import { Panel } from "../shared/panel.ts";
import type { Action } from "../shared/advice.ts";
import type { PageSnapshot } from "../shared/wire.ts";
import buttonCss from "./button.css";
import cardCss from "../shared/card.css";
import tokensCss from "../shared/tokens.css";

/** States which the person should read about without having to open the panel. */
const SPEAKS_UP: ReadonlySet<Card["state"]> = new Set(["failed", "host", "waiting"]);

export class PageButton {
  readonly #root = h("auricle-capture" as "div");
  readonly #ring = h("span", { class: "ring" });
  readonly #label = h("span");
  readonly #pill: HTMLButtonElement;
  readonly #said = h("p", { class: "said", role: "alert" });
  readonly #box: HTMLElement;
  readonly #panel: Panel;
  readonly #press: (action: Action) => void;
  readonly #origin: string;
  #card: Card;
  #pressed = false;

  constructor(origin: string, embedded: boolean, press: (action: Action) => void) {
    this.#origin = origin;
    this.#press = (action) => {
      if (action === "later") {
        this.#close();
        return;
      }
      this.#pressed = true;
      this.say("");
      if (action === "allow" || action === "capture") this.#open(false);
      press(action);
    };
    this.#card = pageCard({ state: "idle" }, false, null, origin, true);
    this.#panel = new Panel(this.#press);
    this.#ring.append(earMark(20));
    this.#pill = h("button", { type: "button", class: "pill", "data-auricle": "button", "aria-expanded": "false", "aria-controls": "panel" }, this.#ring, this.#label);
    this.#box = h("div", { class: "panel", id: "panel", role: "group", "aria-label": "Auricle", "data-auricle": "panel", hidden: true }, this.#panel.element, this.#said);
    this.#pill.addEventListener("click", (event) => this.#pillPressed(event));
    this.#root.dataset["place"] = embedded ? "embed" : "viewer";
    const shadow = this.#root.attachShadow({ mode: "open" });
    dress(shadow, tokensCss, cardCss, buttonCss);
    shadow.append(h("div", { class: "dock" }, this.#box, this.#pill));
    // The player has keys of its own (space, letters): those pressed here are not meant for it.
    this.#root.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") this.#close();
    });
    this.#show();
  }

  /** Whether something is under way of which the person expects to hear. */
  get isFollowing(): boolean {
    return this.#card.state === "capturing" || this.#card.state === "waiting";
  }

  place(): void {
    document.documentElement.append(this.#root);
  }

  remove(): void {
    this.#root.remove();
  }

  update({ host, consented, access, capture }: PageSnapshot): void {
    const before = this.#card.state;
    this.#card = pageCard(host, consented, capture, this.#origin, access);
    this.#show();
    if (this.#pressed && before !== this.#card.state && SPEAKS_UP.has(this.#card.state)) this.#open(true);
  }

  /** A press that led to nothing says why; an empty sentence takes that back. */
  say(sentence: string): void {
    say(this.#said, sentence);
    this.#said.hidden = sentence === "";
    if (sentence !== "") this.#open(true);
  }

  #show(): void {
    const { state, label, percent } = this.#card;
    this.#pill.dataset["state"] = state;
    this.#root.dataset["state"] = state;
    this.#ring.style.setProperty("--turn", `${percent ?? 0}%`);
    say(this.#label, label);
    this.#panel.update(this.#card, state === "consent" || state === "access" ? "Capture the sound of this lecture?" : "");
  }

  #pillPressed(event: MouseEvent): void {
    if (!event.isTrusted) return;
    if (this.#card.state === "ready" && this.#card.primary) this.#press(this.#card.primary.action);
    else this.#open(this.#box.hidden);
  }

  #open(open: boolean): void {
    this.#box.hidden = !open;
    this.#pill.setAttribute("aria-expanded", String(open));
  }

  #close(): void {
    if (this.#box.hidden) return;
    this.#open(false);
    this.#pill.focus();
  }
}
