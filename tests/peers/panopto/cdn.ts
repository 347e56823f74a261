// The CDN beside the site: another host, another port, no cookies. A cookie that arrives here is a leak, and is counted.

import { createHmac, randomBytes, randomUUID } from "node:crypto";
import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Certificate } from "../authority/authority.ts";
import type { MediaFile } from "../media/media.ts";
import type { Answer } from "../wire/answer.ts";
import { bytesAnswer } from "../wire/answer.ts";
import { Peer } from "../wire/peer.ts";
import type { RequestRecord } from "../wire/record.ts";
import type { WireRequest } from "../wire/request.ts";
import { serveResource } from "../wire/resource.ts";
import { idFrom } from "./lecture.ts";
import type { Lecture } from "./lecture.ts";

export const CDN_HOST = "d2y36twrtb17ty.cloudfront.net";
/** The one that European tenants use. */
export const CDN_HOST_EU = "d2hpwsdp0ihr0w.cloudfront.net";
export const CDN_HOSTS: readonly string[] = [CDN_HOST, CDN_HOST_EU];

export interface CdnOptions {
  readonly certificate: Certificate;
  /** How long a signed address holds (ms); 10 minutes when left out. */
  readonly signedForMs?: number;
  /** ms since 1970 */
  readonly now?: () => number;
}

/** A file under an address; `signed`: only with a signature that still holds. */
interface Shelf {
  readonly media: MediaFile;
  readonly type: string;
  readonly signed: boolean;
}

const LAST_MODIFIED = new Date("2026-10-12T11:30:00Z");
const SIGNED_FOR_MS = 10 * 60 * 1000;

export class Cdn extends Peer {
  readonly #key = randomBytes(32);
  readonly #now: () => number;
  readonly #signedForMs: number;
  readonly #shelves = new Map<string, Shelf>();
  /** Path of an HLS folder to the folder on disk and the name its master goes by. */
  readonly #hls = new Map<string, { readonly folder: string; readonly master: string }>();
  readonly #leaks: RequestRecord[] = [];
  #notBefore = 0;

  constructor(options: CdnOptions) {
    super({ server: "cdn", tls: { certificate: options.certificate } });
    this.#now = options.now ?? Date.now;
    this.#signedForMs = options.signedForMs ?? SIGNED_FOR_MS;
  }

  /** Requests that came with a Cookie or an Authorization. A test asserts that there are none. */
  get leaks(): readonly RequestRecord[] {
    return this.#leaks;
  }

  /** From now on every address that was signed so far is too old: 403 with XML. */
  expireSignatures(): void {
    this.#notBefore += 1;
  }

  /** Puts a lecture's files under their addresses. */
  shelve(lecture: Lecture): void {
    this.#shelves.set(podcastFile(lecture, "audioPodcast"), { media: lecture.audio, type: lecture.podcastType, signed: true });
    this.#shelves.set(podcastFile(lecture, "videoPodcast"), { media: lecture.video, type: "video/mp4", signed: true });
    this.#shelves.set(audioStreamFile(lecture), { media: lecture.audio, type: "video/mp4", signed: false });
    const path = streamFile(lecture);
    if (lecture.stream === "mp4" || lecture.stream === "panobf1") {
      this.#shelves.set(path, { media: lecture.video, type: lecture.stream === "mp4" ? "video/mp4" : "application/octet-stream", signed: false });
    } else if (lecture.hls !== undefined && lecture.stream !== "none") {
      const cut = path.lastIndexOf("/");
      this.#hls.set(path.slice(0, cut), { folder: lecture.hls.folder, master: path.slice(cut + 1) });
    }
  }

  /** The signed address to which the podcast redirects. */
  podcastUrl(lecture: Lecture, target: PodcastTarget, tenant: string): string {
    return `https://${cdnHostFor(tenant)}${this.#sign(podcastFile(lecture, target))}`;
  }

  /** `StreamUrl`, with the port written out as Panopto does; undefined when nothing is encoded. */
  streamUrl(lecture: Lecture, tenant: string): string | undefined {
    if (lecture.stream === "none") return undefined;
    const query = new URLSearchParams({
      InvocationID: randomUUID(),
      tid: "00000000-0000-0000-0000-000000000000",
      StreamID: idFrom("stream", "DV", lecture.deliveryId),
      ServerName: tenant,
    });
    return `https://${cdnHostFor(tenant)}:443${streamFile(lecture)}?${query.toString()}`;
  }

  audioStreamUrl(lecture: Lecture, tenant: string): string {
    return `https://${cdnHostFor(tenant)}:443${audioStreamFile(lecture)}?InvocationID=${randomUUID()}`;
  }

  protected async handle(request: WireRequest): Promise<Answer> {
    if (request.headers["cookie"] !== undefined || request.headers["authorization"] !== undefined) {
      const record = this.requests.find((seen) => seen.sequence === request.sequence);
      if (record !== undefined) this.#leaks.push(record);
      return bytesAnswer(400, "text/plain", "a credential of the site came to the CDN");
    }
    if (!CDN_HOSTS.includes(request.host)) return bytesAnswer(421, "text/plain", "no such host here");
    if (request.method !== "GET" && request.method !== "HEAD") return bytesAnswer(405, "text/plain", "", { allow: "GET, HEAD" });
    const shelf = this.#shelves.get(request.path);
    if (shelf !== undefined) return shelf.signed && !this.#signatureHolds(request) ? denied("AccessDenied", "Access denied") : serveShelf(request, shelf);
    return (await this.#hlsPart(request)) ?? denied("AccessDenied", "Access Denied");
  }

  async #hlsPart(request: WireRequest): Promise<Answer | undefined> {
    for (const [prefix, { folder, master }] of this.#hls) {
      if (!request.path.startsWith(`${prefix}/`)) continue;
      const name = request.path.slice(prefix.length + 1);
      if (name !== master && !/^\d+\/(index\.m3u8|\d+\.ts)$/.test(name)) return undefined;
      const file = join(folder, name === master ? "master.m3u8" : name);
      const { size } = await stat(file).catch(() => ({ size: -1 }));
      if (size < 0) return undefined;
      const type = name.endsWith(".ts") ? "video/mp2t" : "application/x-mpegURL";
      return serveResource(request, { content: { file }, size, type, etag: `"${idFrom("etag", file)}"`, lastModified: LAST_MODIFIED });
    }
    return undefined;
  }

  #sign(path: string): string {
    const expires = String(Math.floor((this.#now() + this.#signedForMs) / 1000));
    const query = new URLSearchParams({ Expires: expires, Signature: this.#signature(path, expires), "Key-Pair-Id": "KAURICLEPEER" });
    return `${path}?${query.toString()}`;
  }

  #signature(path: string, expires: string): string {
    return createHmac("sha256", this.#key).update(`${path}\n${expires}\n${String(this.#notBefore)}`).digest("base64url");
  }

  #signatureHolds(request: WireRequest): boolean {
    const expires = request.query.get("Expires") ?? "0";
    return request.query.get("Signature") === this.#signature(request.path, expires) && Number(expires) * 1000 > this.#now();
  }
}

export type PodcastTarget = "audioPodcast" | "videoPodcast";

function cdnHostFor(tenant: string): string {
  return tenant.endsWith(".eu") ? CDN_HOST_EU : CDN_HOST;
}

function streamFile(lecture: Lecture): string {
  const stem = `/sessions/${lecture.sessionId}/${lecture.deliveryId}-${idFrom("encode", lecture.deliveryId)}`;
  switch (lecture.stream) {
    case "hls":
      return `${stem}.hls/master.m3u8`;
    case "panobf2":
      return `${stem}.hls/master.panobf2`;
    case "panobf1":
      return `${stem}.panobf1`;
    case "mp4":
    case "none":
      return `${stem}.mp4`;
  }
}

function podcastFile(lecture: Lecture, target: PodcastTarget): string {
  return `/sessions/${lecture.sessionId}/${idFrom(target, lecture.deliveryId)}.mp4`;
}

function audioStreamFile(lecture: Lecture): string {
  return `/sessions/${lecture.sessionId}/${lecture.deliveryId}-${idFrom("audio-stream", lecture.deliveryId)}.mp4`;
}

function serveShelf(request: WireRequest, shelf: Shelf): Answer {
  const { media } = shelf;
  return serveResource(request, { content: { file: media.file }, size: media.bytes, type: shelf.type, etag: `"${media.sha256.slice(0, 32)}"`, lastModified: LAST_MODIFIED });
}

function denied(code: string, message: string): Answer {
  return bytesAnswer(403, "application/xml", `<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>${code}</Code><Message>${message}</Message></Error>`);
}
