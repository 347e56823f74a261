// The pages that a person, a browser test and a screenshot see.

import { escapeHtml } from "../wire/answer.ts";
import { viewerPath } from "./lecture.ts";
import { LIST_SCRIPT } from "./list-script.ts";
import type { Lecture } from "./lecture.ts";

const STYLE = `
  * { box-sizing: border-box }
  body { margin: 0; font: 15px/1.5 "Segoe UI", system-ui, sans-serif; color: #1d2733; background: #f3f5f7 }
  header.bar { display: flex; align-items: center; gap: 16px; height: 52px; padding: 0 20px; background: #12354a; color: #fff }
  header.bar .brand { font-weight: 700; letter-spacing: .3px }
  header.bar .who { margin-left: auto; font-size: 13px; opacity: .85 }
  a { color: #1a6fa3 }
  .card { width: 380px; margin: 9vh auto; padding: 30px 34px; background: #fff; border-radius: 8px; box-shadow: 0 6px 26px #0b22331f }
  .card h1 { margin: 0 0 4px; font-size: 21px }
  .card label { display: block; margin: 14px 0 4px; font-size: 13px }
  .card input { width: 100%; padding: 9px; border: 1px solid #b9c4cd; border-radius: 5px; font: inherit }
  .card button { width: 100%; margin-top: 20px; padding: 10px; border: 0; border-radius: 5px; background: #1a7f5a; color: #fff; font: inherit; font-weight: 600; cursor: pointer }
  .card .complaint { margin: 14px 0 0; padding: 8px 12px; border-radius: 5px; background: #fdecea; color: #8c1d18 }
  main.viewer { display: grid; grid-template-columns: 280px 1fr; height: calc(100vh - 52px) }
  aside { padding: 18px; background: #fff; border-right: 1px solid #dde3e8; overflow: auto }
  aside h1 { margin: 0; font-size: 18px; line-height: 1.3 }
  aside .folder { margin: 2px 0 16px; color: #5b6b79; font-size: 13px }
  aside ol { margin: 0; padding: 0; list-style: none; font-size: 13px }
  aside li { display: flex; justify-content: space-between; padding: 9px 6px; border-top: 1px solid #edf0f3 }
  aside li time { color: #5b6b79 }
  section.player { display: flex; flex-direction: column; background: #0d1a23 }
  .stage { flex: 1; display: grid; place-items: center; padding: 24px; min-height: 0 }
  .stage svg { width: 100%; height: 100%; max-width: 980px }
  .controls { display: flex; align-items: center; gap: 16px; height: 58px; padding: 0 20px; background: #081117; color: #cfd9e0; font-size: 13px }
  .controls .play { width: 34px; height: 34px; border-radius: 50%; border: 0; background: #1a7f5a; color: #fff }
  .controls .track { flex: 1; height: 5px; border-radius: 3px; background: linear-gradient(90deg, #1a7f5a 18%, #2b3d49 18%) }
  main.list { max-width: 860px; margin: 30px auto; padding: 6px 26px 20px; background: #fff; border-radius: 8px }
  main.list li { margin: 10px 0 }
`;

function page(title: string, body: string, head = ""): string {
  return `<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">\n<title>${escapeHtml(title)}</title>${head}\n<style>${STYLE}</style></head>\n<body>${body}</body></html>\n`;
}

function bar(name: string | undefined): string {
  const who = name === undefined ? '<a href="/Panopto/Pages/Auth/Login.aspx" style="color:#fff">Sign in</a>' : `${escapeHtml(name)} · <a href="/Panopto/Pages/Auth/Logout.aspx" style="color:#fff">Sign out</a>`;
  return `<header class="bar"><span class="brand">Panopto</span><span>University of Example</span><span class="who">${who}</span></header>`;
}

export interface SignInPage {
  readonly heading: string;
  readonly line: string;
  /** Where the form is posted. */
  readonly action: string;
  readonly complaint?: string;
  /** The address of the university's own sign-in, where there is one. */
  readonly sso?: string;
}

export function signInPage(options: SignInPage): string {
  const complaint = options.complaint === undefined ? "" : `<p class="complaint" role="alert">${escapeHtml(options.complaint)}</p>`;
  const sso = options.sso === undefined ? "" : `<p><a id="sso" href="${escapeHtml(options.sso)}">Sign in with your university account</a></p>`;
  const fields = '<label for="username">User name</label><input id="username" name="username" autocomplete="username" autofocus><label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password">';
  return page(
    `Sign in - ${options.heading}`,
    `<form class="card" method="post" action="${escapeHtml(options.action)}"><h1>${escapeHtml(options.heading)}</h1><div>${escapeHtml(options.line)}</div>${complaint}${fields}<button id="signin" type="submit">Sign in</button>${sso}</form>`,
  );
}

/** A form that posts itself, as a SAML answer travels. */
export function bouncePage(action: string, fields: Readonly<Record<string, string>>): string {
  const inputs = Object.entries(fields).map(([name, value]) => `<input type="hidden" name="${escapeHtml(name)}" value="${escapeHtml(value)}">`);
  return page("Signing in", `<form class="card" method="post" action="${escapeHtml(action)}">${inputs.join("")}<p>One moment…</p><noscript><button>Continue</button></noscript></form><script>document.forms[0].submit()</script>`);
}

export function viewerPage(lecture: Lecture, host: string, name: string | undefined): string {
  const head = `\n<meta property="og:title" content="${escapeHtml(lecture.title)}"><meta property="og:url" content="https://${host}${escapeHtml(viewerPath(lecture))}">`;
  const chapters = ["Welcome", "What a sound is", "From ear to nerve", "Sampling", "Questions"];
  const items = chapters.map((chapter, at) => `<li><span>${chapter}</span><time>${clock((lecture.video.durationMs / chapters.length) * at)}</time></li>`);
  const side = `<aside><h1 id="contentHeader">${escapeHtml(lecture.title)}</h1><p class="folder">${escapeHtml(lecture.folder)} · ${escapeHtml(lecture.lecturer)}</p><ol>${items.join("")}</ol></aside>`;
  return page(lecture.title, `${bar(name)}<main class="viewer" id="viewer">${side}${player(lecture)}</main>`, head);
}

export function embedPage(lecture: Lecture): string {
  return page(lecture.title, `<main id="embed" style="height:100vh;display:grid;grid-template:100% / 100%">${player(lecture)}</main>`);
}

function player(lecture: Lecture): string {
  const total = clock(lecture.video.durationMs);
  const at = clock(lecture.video.durationMs * 0.18);
  return `<section class="player" id="player"><div class="stage">${slide(lecture)}</div><div class="controls"><button class="play" aria-label="Play">▶</button><span>${at}</span><span class="track"></span><span>${total}</span><span>1×</span><span>CC</span></div></section>`;
}

/** A slide with a wave on it: drawn, so that no picture is needed. */
function slide(lecture: Lecture): string {
  const points = Array.from({ length: 161 }, (_, x) => `${String(80 + x * 5)},${(330 + 70 * Math.sin(x / 5) * Math.exp(-(((x - 80) / 46) ** 2))).toFixed(1)}`);
  return `<svg viewBox="0 0 960 540" role="img" aria-label="Slide"><rect width="960" height="540" rx="10" fill="#fbfcfd"/><rect width="960" height="10" fill="#1a7f5a"/><text x="80" y="130" font-size="36" font-weight="700" fill="#12354a">${escapeHtml(lecture.title.slice(0, 38))}</text><text x="80" y="180" font-size="24" fill="#5b6b79">${escapeHtml(lecture.folder)}</text><line x1="80" y1="330" x2="880" y2="330" stroke="#c9d3db"/><polyline points="${points.join(" ")}" fill="none" stroke="#1a7f5a" stroke-width="4"/><text x="80" y="480" font-size="20" fill="#5b6b79">pressure over time</text></svg>`;
}

/** Shows what its fragment asks for: see LIST_SCRIPT. */
export function listPage(name: string): string {
  return page("Panopto", `${bar(name)}<main class="list"><h1 id="contentHeader">All lectures</h1><ul id="subfolders"></ul><ol id="detailsTable"></ol></main><script>${LIST_SCRIPT}</script>`);
}

export function plainPage(title: string, line: string): string {
  return page(title, `${bar(undefined)}<main class="list"><h1>${escapeHtml(title)}</h1><p>${escapeHtml(line)}</p></main>`);
}

function clock(ms: number): string {
  const seconds = Math.round(ms / 1000);
  const two = (n: number): string => String(n).padStart(2, "0");
  return `${String(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
