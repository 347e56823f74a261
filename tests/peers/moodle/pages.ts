// Moodle's pages, as a person, a browser test and a screenshot see them.

import { escapeHtml } from "../wire/answer.ts";

const STYLE = `
  * { box-sizing: border-box }
  body { margin: 0; font: 15px/1.5 "Segoe UI", system-ui, sans-serif; color: #1d2125; background: #fff }
  nav { display: flex; align-items: center; height: 56px; padding: 0 22px; border-bottom: 1px solid #dee2e6 }
  nav .brand { color: #f98012; font-size: 20px; font-weight: 700 }
  nav .who { margin-left: auto; font-size: 13px; color: #6a737b }
  main { max-width: 900px; margin: 22px auto; padding: 0 22px }
  h1 { margin: 0 0 4px; font-size: 23px }
  p { margin: 0 0 16px; color: #6a737b }
  iframe { display: block; width: 100%; height: 440px; margin-bottom: 18px; border: 1px solid #dee2e6; border-radius: 6px }
`;

function frame(address: string): string {
  return `<iframe class="lecture" src="${escapeHtml(address)}" allow="fullscreen; autoplay" title="Lecture"></iframe>`;
}

function page(title: string, body: string): string {
  return `<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title>\n<style>${STYLE}</style></head>\n<body>${body}</body></html>\n`;
}

/** `frames`: addresses of what is embedded. */
export function coursePage(name: string, frames: readonly string[]): string {
  return page("Course: Hearing", `<nav><span class="brand">moodle</span><span class="who">${escapeHtml(name)}</span></nav><main id="course"><h1>Hearing, sound and signal</h1><p>Week 4 · watch the recording before the tutorial.</p>${frames.map(frame).join("")}</main>`);
}

/** Nothing but another frame. */
export function framePage(address: string): string {
  return page("Resource", frame(address));
}
