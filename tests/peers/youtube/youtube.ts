// A stand-in for YouTube as far as yt-dlp speaks with it: the watch page, the player's API, and the servers of the media.
//
// It shows what Auricle makes of yt-dlp, not what YouTube does: no riddle in JavaScript hides an address, and nobody is asked for a
// proof of origin.

import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Certificate } from "../authority/authority.ts";
import type { MediaFile } from "../media/media.ts";
import type { Answer } from "../wire/answer.ts";
import { bytesAnswer, html, json } from "../wire/answer.ts";
import { Peer } from "../wire/peer.ts";
import type { WireRequest } from "../wire/request.ts";
import { bodyBytes } from "../wire/request.ts";
import { serveResource } from "../wire/resource.ts";

export const YOUTUBE_HOST = "www.youtube.com";
export const MEDIA_HOST = "rr1---sn-standin.googlevideo.com";
export const YOUTUBE_HOSTS: readonly string[] = [YOUTUBE_HOST, "youtube.com", "m.youtube.com", "music.youtube.com", "youtu.be", "www.youtube-nocookie.com", MEDIA_HOST];

/** Who may see it: everybody, who is signed in (the others are held for robots), nobody of those who ask. */
export type Access = "everybody" | "signed-in" | "private";

export interface Video {
  /** Eleven characters. */
  readonly id: string;
  readonly title: string;
  readonly audio: MediaFile;
  readonly access: Access;
  readonly live: boolean;
  /** The file that holds the picture too; then no sound alone is offered. */
  readonly muxed: MediaFile | undefined;
}

export interface Cookies {
  readonly LOGIN_INFO: string;
  readonly SAPISID: string;
}

const BODY_LIMIT_BYTES = 1024 * 1024;
const LAST_MODIFIED = new Date("2026-10-12T11:30:00Z");
const PLAYER = "/s/player/00000000/player_ias.vflset/en_US/base.js";
const VISITOR = "CgtzdGFuZGluLXZpcw%3D%3D";
const NOT_A_BOT = "Sign in to confirm you’re not a bot";

export class YoutubeSite extends Peer {
  readonly #videos = new Map<string, Video>();
  readonly #sessions = new Set<string>();
  readonly #secrets: string[] = [];

  constructor(certificate: Certificate) {
    super({ server: "youtube", tls: { certificate } });
  }

  add(choices: Partial<Video> & Pick<Video, "audio">): Video {
    const id = choices.id ?? randomBytes(8).toString("base64url");
    const video: Video = { id, title: "A talk about hearing", access: "everybody", live: false, muxed: undefined, ...choices };
    this.#videos.set(id, video);
    return video;
  }

  /** The cookies of a session that has just begun. */
  signIn(): Cookies {
    const cookies = { LOGIN_INFO: `c4nary-login-${randomBytes(24).toString("hex")}`, SAPISID: `c4nary-sapisid-${randomBytes(16).toString("hex")}` };
    this.#sessions.add(cookies.LOGIN_INFO);
    this.#secrets.push(cookies.LOGIN_INFO, cookies.SAPISID);
    return cookies;
  }

  endAllSessions(): void {
    this.#sessions.clear();
  }

  /** Every value that was ever given to somebody. */
  secrets(): readonly string[] {
    return this.#secrets;
  }

  watchUrl(video: Video): string {
    return `https://${YOUTUBE_HOST}/watch?v=${video.id}`;
  }

  /** HOST:PORT:HOST:PORT, for the proxy that knows the names. */
  routes(): string[] {
    return YOUTUBE_HOSTS.map((name) => `${name}:443:127.0.0.1:${String(this.port)}`);
  }

  protected async handle(request: WireRequest): Promise<Answer> {
    if (request.host === MEDIA_HOST) return this.#media(request);
    if (request.path === "/watch") return this.#watch(request);
    if (request.path === "/tv") return html(200, page("YouTube on TV", this.#config(request)));
    if (request.path === "/youtubei/v1/player") return this.#player(request);
    if (request.path === "/youtubei/v1/next") return json(200, this.#beside(this.#videos.get(await askedFor(request))));
    if (request.path === PLAYER) return bytesAnswer(200, "text/javascript", "var standIn={signatureTimestamp:20000};");
    return html(404, "<!DOCTYPE html><title>404</title>");
  }

  #isSignedIn(request: WireRequest): boolean {
    return this.#sessions.has(request.cookies.get("LOGIN_INFO") ?? "");
  }

  #watch(request: WireRequest): Answer {
    const video = this.#videos.get(request.query.get("v") ?? "");
    const data = { ytInitialPlayerResponse: this.#response(video, this.#isSignedIn(request)), ytInitialData: this.#beside(video) };
    return html(200, page(video?.title ?? "YouTube", this.#config(request), data));
  }

  #config(request: WireRequest): object {
    const client = { clientName: "WEB", clientVersion: "2.20261001.00.00", hl: "en", visitorData: VISITOR };
    return { INNERTUBE_API_KEY: "stand-in", INNERTUBE_CONTEXT: { client }, VISITOR_DATA: VISITOR, LOGGED_IN: this.#isSignedIn(request), PLAYER_JS_URL: PLAYER };
  }

  async #player(request: WireRequest): Promise<Answer> {
    return json(200, this.#response(this.#videos.get(await askedFor(request)), this.#isSignedIn(request)));
  }

  /** What the page shows around the player. */
  #beside(video: Video | undefined): object {
    const primary = { videoPrimaryInfoRenderer: { title: { runs: [{ text: video?.title ?? "" }] } } };
    const secondary = { videoSecondaryInfoRenderer: { owner: { videoOwnerRenderer: { title: { runs: [{ text: "A university" }] } } } } };
    return { contents: { twoColumnWatchNextResults: { results: { results: { contents: [primary, secondary] } } } } };
  }

  #response(video: Video | undefined, isSignedIn: boolean): object {
    if (video === undefined) return { playabilityStatus: { status: "ERROR", reason: "Video unavailable" } };
    if (video.access === "private") return { playabilityStatus: { status: "LOGIN_REQUIRED", reason: "Private video", messages: ["Private video"] } };
    if (video.access === "signed-in" && !isSignedIn) return { playabilityStatus: { status: "LOGIN_REQUIRED", reason: NOT_A_BOT } };
    const { audio, muxed } = video;
    const seconds = String(Math.round(audio.durationMs / 1000));
    const kept = muxed ?? audio;
    const format = {
      itag: muxed === undefined ? 140 : 18,
      mimeType: muxed === undefined ? 'audio/mp4; codecs="mp4a.40.2"' : 'video/mp4; codecs="avc1.42001E, mp4a.40.2"',
      bitrate: 130_000,
      contentLength: String(kept.bytes),
      approxDurationMs: String(audio.durationMs),
      audioSampleRate: "44100",
      audioChannels: 2,
      ...(muxed === undefined ? { audioQuality: "AUDIO_QUALITY_MEDIUM" } : { width: 640, height: 360, fps: 25, quality: "medium", qualityLabel: "360p" }),
      url: `https://${MEDIA_HOST}/videoplayback?id=${video.id}&itag=${muxed === undefined ? "140" : "18"}&Signature=stand-in&expire=4102444800`,
    };
    return {
      playabilityStatus: { status: "OK" },
      videoDetails: { videoId: video.id, title: video.title, lengthSeconds: seconds, channelId: "UCstandinstandinstandins", author: "A university", isLive: video.live, isLiveContent: video.live, shortDescription: "" },
      microformat: { playerMicroformatRenderer: { uploadDate: "2026-10-12", publishDate: "2026-10-12", title: { simpleText: video.title } } },
      streamingData: muxed === undefined ? { adaptiveFormats: [format] } : { formats: [format] },
    };
  }

  async #media(request: WireRequest): Promise<Answer> {
    const video = this.#videos.get(request.query.get("id") ?? "");
    if (request.path !== "/videoplayback" || video === undefined) return bytesAnswer(404, "text/plain", "there is nothing here");
    const { file, bytes } = video.muxed ?? video.audio;
    const kept = { type: "audio/mp4", etag: `"${video.id}"`, lastModified: LAST_MODIFIED };
    const [, first, last] = /^(\d+)-(\d+)$/.exec(request.query.get("range") ?? "") ?? [];
    if (first === undefined || last === undefined) return serveResource(request, { content: { file }, size: bytes, ...kept });
    // YouTube takes a part of the file for a resource of its own.
    const part = (await readFile(file)).subarray(Number(first), Number(last) + 1);
    return serveResource(request, { content: { bytes: part }, size: part.length, ...kept });
  }
}

function page(title: string, config: object, data: Readonly<Record<string, object>> = {}): string {
  const scripts = Object.entries(data).map(([name, value]) => `<script>var ${name} = ${JSON.stringify(value)};</script>`);
  return `<!DOCTYPE html><title>${title}</title><script>ytcfg.set(${JSON.stringify(config)});</script>${scripts.join("")}`;
}

async function askedFor(request: WireRequest): Promise<string> {
  const { videoId } = JSON.parse((await bodyBytes(request, BODY_LIMIT_BYTES)).toString("utf8")) as { videoId?: string };
  return videoId ?? "";
}
