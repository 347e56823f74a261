// A card on the screen: label, detail, progress, two buttons. Updated in place, so that nothing jumps and focus stays.
import { h, say } from "./dom.ts";
import type { Action, Step } from "./advice.ts";
import type { Card } from "./card.ts";

export class Panel {
  readonly element: HTMLElement;
  readonly #title = h("div", { class: "title" });
  readonly #label = h("span", { class: "label" });
  readonly #share = h("span", { class: "share" });
  readonly #fill = h("div", { class: "fill" });
  readonly #track: HTMLElement;
  readonly #detail = h("p", { class: "detail" });
  readonly #primary = h("button", { type: "button", class: "primary", "data-auricle": "primary" });
  readonly #secondary = h("button", { type: "button", class: "quiet", "data-auricle": "secondary" });
  readonly #buttons: HTMLElement;
  readonly #live = h("span", { class: "unseen", role: "status" });
  #card: Card | null = null;

  /**
   * `press`: what a button asks for. Only real presses count, not those that a page's script makes up. `guest`: what stands at the
   * end of the line and below the card, where the panel is more than a card.
   */
  constructor(press: (action: Action) => void, guest?: { button: HTMLElement; element: HTMLElement }) {
    this.#track = h("div", { class: "track", role: "progressbar", "aria-valuemin": "0", "aria-valuemax": "100", "aria-label": "Progress" }, this.#fill);
    this.#buttons = h("div", { class: "buttons" }, this.#primary, this.#secondary);
    const line = h("div", { class: "line" }, h("span", { class: "dot" }), this.#label, this.#share, ...(guest ? [guest.button] : []));
    this.element = h("section", { class: "card" }, this.#title, line, this.#track, this.#detail, this.#buttons, ...(guest ? [guest.element] : []), this.#live);
    for (const [button, which] of [[this.#primary, "primary"], [this.#secondary, "secondary"]] as const) {
      button.addEventListener("click", (event) => {
        const step = this.#card?.[which];
        if (event.isTrusted && step) press(step.action);
      });
    }
  }

  /** `title`: of the lecture; empty: none is shown. */
  update(card: Card, title: string): void {
    if (card.state !== this.#card?.state) say(this.#live, card.label);
    this.#card = card;
    this.element.dataset["state"] = card.state;
    say(this.#title, title);
    this.#title.title = title;
    this.#title.hidden = title === "";
    say(this.#label, card.state === "capturing" && card.percent !== null ? card.label.replace(/\s\d+\s%$/u, "") : card.label);
    const running = card.state === "capturing" || ((card.state === "waiting" || card.state === "paused") && card.percent !== null);
    say(this.#share, running && card.percent !== null ? `${card.percent}\u00a0%` : "");
    this.#showProgress(running, card.percent);
    say(this.#detail, card.detail);
    this.#detail.hidden = card.detail === "";
    this.#showButton(this.#primary, card.primary);
    this.#showButton(this.#secondary, card.secondary);
    this.#buttons.hidden = !card.primary && !card.secondary;
  }

  #showProgress(running: boolean, percent: number | null): void {
    this.#track.hidden = !running;
    this.#track.classList.toggle("unknown", percent === null);
    this.#fill.style.width = `${percent ?? 30}%`;
    if (percent === null) this.#track.removeAttribute("aria-valuenow");
    else this.#track.setAttribute("aria-valuenow", String(percent));
  }

  #showButton(button: HTMLButtonElement, step: Step | undefined): void {
    button.hidden = !step;
    if (!step) return;
    say(button, step.label);
    button.dataset["action"] = step.action;
  }
}
