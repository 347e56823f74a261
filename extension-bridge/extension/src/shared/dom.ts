// Elements in one expression. Text is always set as text, never as markup.

type Attributes = Readonly<Record<string, string | boolean>>;

export function h<Tag extends keyof HTMLElementTagNameMap>(tag: Tag, attributes: Attributes = {}, ...children: (Node | string)[]): HTMLElementTagNameMap[Tag] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, "");
    else if (value !== false) element.setAttribute(name, value);
  }
  element.append(...children);
  return element;
}

/** Changes an element's text only when it differs, so that screen readers are not told the same thing again. */
export function say(element: HTMLElement, text: string): void {
  if (element.textContent !== text) element.textContent = text;
}

const SVG = "http://www.w3.org/2000/svg";

/** Lines on a field of 24 by 24, in the current colour. */
export function icon(size: number, ...lines: string[]): SVGSVGElement {
  const svg = document.createElementNS(SVG, "svg");
  const attributes = { viewBox: "0 0 24 24", width: String(size), height: String(size), fill: "none", stroke: "currentColor", "stroke-width": "2", "stroke-linecap": "round", "stroke-linejoin": "round", "aria-hidden": "true" };
  for (const [name, value] of Object.entries(attributes)) svg.setAttribute(name, value);
  for (const line of lines) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", line);
    svg.append(path);
  }
  return svg;
}

/** The auricle: the outer ear, in the current colour. */
export function earMark(size: number): SVGSVGElement {
  return icon(size, ...EAR_LINES);
}

/** Helix and concha, on a field of 24 by 24. */
export const EAR_LINES: readonly string[] = [
  "M6.2 10.4C5.7 6.1 8.4 3 12.2 3c3.8 0 6.6 2.8 6.6 6.5 0 4.6-4.3 5.2-5 8.3-.4 2-1.7 3.2-3.5 3.2-1.7 0-2.9-1.1-3.1-2.7",
  "M9.3 10.2c-.2-2.1 1-3.7 2.9-3.7 1.8 0 3.1 1.3 3.1 3 0 2.3-2.9 2.5-3.2 4.6-.1.6 0 1.1.3 1.6",
];

/** Gives what lies in a shadow root its looks. A style element would be the page's to forbid by its content security policy. */
export function dress(shadow: ShadowRoot, ...texts: string[]): void {
  const text = texts.join("\n");
  try {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    shadow.adoptedStyleSheets = [sheet];
  } catch {
    // Firefox before 153 lets no content script do that.
    shadow.append(h("style", {}, text));
  }
}
