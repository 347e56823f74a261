// The sealed pieces, as any web server or CDN would hand them out: they are of no use without their keys.

import { join } from "node:path";
import type { Answer } from "../wire/answer.ts";
import { serveResource } from "../wire/resource.ts";
import { pieceName } from "./manifest.ts";
import { Refusal } from "./refusal.ts";
import type { PlaybackRequest } from "./request.ts";
import { INIT_SEGMENT } from "./video-table.ts";
import type { VideoTable } from "./video-table.ts";

const PATH = /^\/media\/([\w-]{1,64})\/([\w-]{1,32})\/(?:(init)\.mp4|(0|[1-9]\d{0,8})\.m4s)$/;
/** When a piece was made is nobody's business; its digest is its validator. */
const LAST_MODIFIED = new Date("2026-01-01T00:00:00Z");

export class MediaShelf {
  /** `dir`: one folder a video, in it one a rendition. */
  constructor(
    private readonly dir: string,
    private readonly videos: VideoTable,
  ) {}

  /** Undefined: the path is none of these. */
  async handle(request: PlaybackRequest): Promise<Answer | undefined> {
    const [, videoId, rendition, init, number] = PATH.exec(request.path) ?? [];
    if (videoId === undefined || rendition === undefined || (request.method !== "GET" && request.method !== "HEAD")) return undefined;
    const segIdx = init === undefined ? Number(number) : INIT_SEGMENT;
    const segment = await this.videos.segment(videoId, rendition, segIdx);
    if (segment === undefined) throw new Refusal(404, "Segment not found");
    const content = { file: this.file(videoId, rendition, segIdx) };
    const resource = { content, size: segment.bytes, type: segIdx === INIT_SEGMENT ? "video/mp4" : "application/octet-stream", etag: `"${segment.sha256}"`, lastModified: LAST_MODIFIED };
    const served = serveResource({ headers: request.headers, faults: [] }, resource);
    // Players of other origins may read it; the same address may hold other bytes once the video is sealed anew.
    return { ...served, headers: { ...served.headers, "cache-control": "no-cache", "access-control-allow-origin": "*" } };
  }

  file(videoId: string, rendition: string, segIdx: number): string {
    return join(this.dir, videoId, rendition, pieceName(segIdx));
  }
}
