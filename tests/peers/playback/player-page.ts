// The page on which a browser plays a video: a small player on MediaSource and WebCrypto.

import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import type { Answer } from "../wire/answer.ts";
import { bytesAnswer, escapeHtml } from "../wire/answer.ts";
import { VIDEO_NOT_FOUND } from "./refusal.ts";
import type { PlaybackRequest } from "./request.ts";
import type { VideoTable } from "./video-table.ts";

const ENTRY = fileURLToPath(new URL("player/main.ts", import.meta.url));
const STYLE = `body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem } video { width: 100%; aspect-ratio: 16 / 9; background: #000 } button, input { font: inherit; margin: 0.25rem } input { width: 5rem }`;

let script: Promise<string> | undefined;

/** Made of player/ at the first request, once for the process. */
function playerScript(): Promise<string> {
  script ??= build({ entryPoints: [ENTRY], bundle: true, write: false, format: "esm", target: ["chrome133", "firefox130"] }).then(({ outputFiles }) => outputFiles[0]?.text ?? "");
  return script;
}

export class PlayerPage {
  /** `mediaOrigin`: where segments lie, if not here. */
  constructor(
    private readonly videos: VideoTable,
    private readonly mediaOrigin: string | undefined,
  ) {}

  /** Undefined: the path is none of these. */
  async handle(request: PlaybackRequest): Promise<Answer | undefined> {
    if (request.method !== "GET" && request.method !== "HEAD") return undefined;
    if (request.path === "/player.js") return bytesAnswer(200, "text/javascript; charset=utf-8", await playerScript(), { "cache-control": "no-cache" });
    if (request.path === "/player.css") return bytesAnswer(200, "text/css; charset=utf-8", STYLE, { "cache-control": "no-cache" });
    const [, videoId] = /^\/watch\/([\w-]{1,64})$/.exec(request.path) ?? [];
    if (videoId === undefined) return undefined;
    const video = await this.videos.find(videoId);
    if (video === undefined) throw VIDEO_NOT_FOUND();
    return bytesAnswer(200, "text/html; charset=utf-8", page(video.title), { "cache-control": "no-cache", "content-security-policy": this.#policy() });
  }

  #policy(): string {
    const media = this.mediaOrigin === undefined ? "" : ` ${this.mediaOrigin}`;
    return `default-src 'none'; script-src 'self'; style-src 'self'; media-src blob:; connect-src 'self'${media}; frame-ancestors 'self'; base-uri 'none'; form-action 'none'`;
  }
}

function page(title: string): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>${escapeHtml(title)}</title><link rel="icon" href="data:,"><link rel="stylesheet" href="/player.css"><script type="module" src="/player.js"></script></head>
<body><main id="player"><h1>${escapeHtml(title)}</h1>
<video id="video" controls playsinline></video>
<p><button id="play">Play</button> <span id="renditions"></span> <span id="status" role="status">…</span></p>
<form id="seek"><label>Go to second <input id="to" inputmode="decimal" value="0"></label> <label>Speed <input id="speed" inputmode="decimal" value="1"></label> <button id="go">Go</button></form>
</main></body></html>
`;
}
