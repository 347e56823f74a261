// The button on a page that lists recordings: it opens our own page, where they can be ticked.
import { dress, earMark, h } from "../shared/dom.ts";
import buttonCss from "./button.css";
import cardCss from "../shared/card.css";
import tokensCss from "../shared/tokens.css";

/** `open`: a person has pressed it. */
export function placeCourseButton(open: () => void): void {
  const root = h("auricle-course" as "div");
  const pill = h("button", { type: "button", class: "pill", "data-auricle": "button", "data-state": "ready" }, h("span", { class: "ring" }, earMark(20)), h("span", {}, "Choose recordings"));
  pill.addEventListener("click", (event) => {
    if (event.isTrusted) open();
  });
  // The page has keys of its own: those pressed here are not meant for it.
  root.addEventListener("keydown", (event) => event.stopPropagation());
  const shadow = root.attachShadow({ mode: "open" });
  dress(shadow, tokensCss, cardCss, buttonCss);
  shadow.append(h("div", { class: "dock" }, pill));
  document.documentElement.append(root);
}
