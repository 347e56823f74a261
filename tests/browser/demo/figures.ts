// What a run came to, as the peers saw it: nothing here is taken from what the host says of itself.
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Lecture } from "../../peers/panopto/lecture.ts";
import type { Peers } from "../../peers/peers.ts";
import type { RequestRecord } from "../../peers/wire/record.ts";

/** The names that `--json` writes. */
export interface Figures {
  readonly video_bytes: number;
  readonly fetched_bytes: number;
  readonly delivered_bytes: number;
  readonly sha256_agrees: boolean;
  readonly cookies_at_site: number;
  readonly cookies_at_cdn: number;
  readonly cookies_at_backend: number;
  readonly seconds: number;
}

/** A browser names the purpose of each request it makes; the host has no such words. */
function isOfHost(record: RequestRecord): boolean {
  return record.headers["sec-fetch-mode"] === undefined;
}

function sentToHost(records: readonly RequestRecord[]): number {
  return records.filter(isOfHost).reduce((sum, { bytesSent }) => sum + bytesSent, 0);
}

/** Bodies that site and CDN have sent to the host so far. */
export function fetchedBytes(peers: Peers): number {
  return sentToHost(peers.site.requests) + sentToHost(peers.cdn.requests);
}

/** `seconds`: from the press to the finished lecture at the backend. */
export async function measure(peers: Peers, lecture: Lecture, seconds: number): Promise<Figures> {
  const [delivered, ...more] = await peers.backend.lectures();
  if (delivered === undefined || more.length > 0) throw new Error(`The backend should have one lecture and has ${String(more.length + (delivered ? 1 : 0))}`);
  const file = await readFile(peers.backend.audioFile(delivered.id));
  const sha256 = createHash("sha256").update(file).digest("hex");
  const counters = peers.counters();
  return {
    video_bytes: lecture.video.bytes,
    fetched_bytes: fetchedBytes(peers),
    delivered_bytes: file.length,
    sha256_agrees: sha256 === lecture.audio.sha256 && delivered.sha256 === sha256 && delivered.status === "ready",
    cookies_at_site: counters.cookiesAtSite,
    cookies_at_cdn: counters.cookiesAtCdn,
    cookies_at_backend: counters.cookiesAtBackend,
    seconds: Number(seconds.toFixed(2)),
  };
}

/** What the whole project promises. */
export function holds(figures: Figures): boolean {
  const { sha256_agrees, cookies_at_cdn, cookies_at_backend } = figures;
  return sha256_agrees && cookies_at_cdn === 0 && cookies_at_backend === 0;
}
