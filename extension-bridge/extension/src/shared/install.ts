// How to get the program, in commands that can be copied.
import { h, say } from "./dom.ts";

/** Registers the program with this person's browsers. */
export const REGISTER_COMMAND = "auricle install";

const COPIED_MS = 1500;

/** A command with a button that copies it. */
export function command(text: string): HTMLElement {
  const copy = h("button", { type: "button", class: "quiet", "aria-label": `Copy “${text}”` }, "Copy");
  copy.addEventListener("click", () => {
    void navigator.clipboard.writeText(text).then(() => {
      say(copy, "Copied");
      setTimeout(() => say(copy, "Copy"), COPIED_MS);
    });
  });
  return h("pre", {}, h("code", {}, text), copy);
}
