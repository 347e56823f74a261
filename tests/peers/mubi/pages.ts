// The pages of the stand-in for MUBI, as bare as a browser needs them.

import { escapeHtml } from "../wire/answer.ts";
import type { Film } from "./film.ts";

function page(title: string, body: string): string {
  return `<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title></head><body>${body}</body></html>`;
}

export function filmPage(film: Film, isSignedIn: boolean): string {
  const line = isSignedIn ? "Watch now" : 'To watch it, <a href="/login">log in</a>.';
  return page(`${film.title} | MUBI`, `<main><h1>${escapeHtml(film.title)}</h1><p>${line}</p></main>`);
}

export function logInPage(action: string, complaint?: string): string {
  const said = complaint === undefined ? "" : `<p role="alert">${escapeHtml(complaint)}</p>`;
  return page(
    "Log in to MUBI",
    `<main><h1>Log in</h1>${said}<form method="post" action="${escapeHtml(action)}"><label>Email <input name="username" autocomplete="username"></label><label>Password <input name="password" type="password" autocomplete="current-password"></label><button type="submit">Log in</button></form></main>`,
  );
}

export function homePage(): string {
  return page("MUBI", "<main><h1>MUBI</h1></main>");
}

export function missingPage(): string {
  return page("Not found | MUBI", "<main><h1>Not found</h1></main>");
}
