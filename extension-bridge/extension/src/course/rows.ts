// The recordings of a course, each with a box to tick. Updated in place, so that ticks and focus stay.
import type { Capture, SiteItem } from "@auricle/bridge";
import { lengthOf, rowOf, type RowView } from "../shared/course.ts";
import { h, say } from "../shared/dom.ts";
import type { Ticked } from "../shared/wire.ts";

interface Row {
  item: SiteItem;
  box: HTMLInputElement;
  element: HTMLElement;
  state: HTMLElement;
  view: RowView;
}

export class Rows {
  readonly #list: HTMLElement;
  readonly #changed: () => void;
  readonly #rows = new Map<string, Row>();
  readonly #refusals = new Map<string, string>();

  /** `changed`: what is ticked, or can be, is another. */
  constructor(list: HTMLElement, changed: () => void) {
    this.#list = list;
    this.#changed = changed;
    list.addEventListener("change", changed);
  }

  get size(): number {
    return this.#rows.size;
  }

  add(items: readonly SiteItem[]): void {
    for (const item of items) {
      if (this.#rows.has(item.page)) continue;
      const row = newRow(item);
      this.#rows.set(item.page, row);
      this.#list.append(row.element);
    }
  }

  /** `captureOf`: the capture of a recording to where the settings send it now. */
  show(captureOf: (page: string) => Capture | null): void {
    for (const row of this.#rows.values()) {
      const view = rowOf(row.item, captureOf(row.item.page), this.#refusals.get(row.item.page));
      row.view = view;
      row.element.dataset["state"] = view.state;
      say(row.state, view.said);
      row.state.hidden = view.said === "";
      row.box.disabled = !view.canTick;
      if (!view.canTick) row.box.checked = false;
    }
    this.#changed();
  }

  /** What the program would not start, by page. */
  refuse(refusals: ReadonlyMap<string, string>): void {
    for (const [page, said] of refusals) this.#refusals.set(page, said);
  }

  /** In the list's order. */
  ticked(): Ticked[] {
    return [...this.#rows.values()].filter(({ box }) => box.checked).map(({ item }) => ({ page: item.page, title: item.title }));
  }

  /** They have been handed over. */
  untick(): void {
    for (const { box, item } of this.#rows.values()) {
      if (box.checked) this.#refusals.delete(item.page);
      box.checked = false;
    }
  }

  /** All that is not captured yet, or nothing. */
  tickAll(on: boolean): void {
    for (const row of this.#rows.values()) row.box.checked = on && isOpen(row);
    this.#changed();
  }

  /** How many could be ticked by tickAll, and how many are. */
  counts(): { open: number; ticked: number } {
    const rows = [...this.#rows.values()];
    return { open: rows.filter(isOpen).length, ticked: rows.filter(({ box }) => box.checked).length };
  }
}

function isOpen({ view }: Row): boolean {
  return view.canTick && view.state !== "known";
}

function newRow(item: SiteItem): Row {
  const box = h("input", { type: "checkbox", name: "recording", value: item.page });
  const state = h("span", { class: "state", hidden: true });
  const label = h("label", {}, box, h("span", { class: "name" }, item.title === "" ? "Recording" : item.title), h("span", { class: "length" }, lengthOf(item.durationMs)), state);
  return { item, box, element: h("li", { "data-page": item.page }, label), state, view: rowOf(item, null, undefined) };
}
