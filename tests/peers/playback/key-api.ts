// Keys, one at a time and up to twenty ahead of need. Order of checks: rate, question, session, video, rendition, segment.

import type { Answer } from "../wire/answer.ts";
import { json } from "../wire/answer.ts";
import { toBase64 } from "./bytes.ts";
import type { Bytes } from "./bytes.ts";
import type { KeyIssuer } from "./key-issuer.ts";
import type { LastActivity } from "./last-activity.ts";
import { KeptWhile } from "./kept-while.ts";
import type { Metrics } from "./metrics.ts";
import type { PlaybackLog } from "./playback-log.ts";
import type { RateLimit } from "./rate-limit.ts";
import { Refusal } from "./refusal.ts";
import { bodyObject } from "./request.ts";
import type { PlaybackRequest } from "./request.ts";
import type { SessionRow } from "./session-table.ts";
import { INIT_SEGMENT } from "./video-table.ts";
import type { VideoTable } from "./video-table.ts";

const MOST_AT_ONCE = 20;
const BAD_INDEX = "segIdx must be a valid integer >= -1 (-1 for init segment)";
const BAD_COUNT = "segIndices must contain 1-20 segment indices";

interface SegmentName {
  readonly rendition: string;
  readonly segIdx: number;
}

interface Question {
  /** Undefined: the session's. */
  readonly videoId: string | undefined;
  readonly segments: readonly SegmentName[];
  /** Whether each key's rendition is said with it. */
  readonly isMixed: boolean;
}

export interface KeyApiParts {
  readonly videos: VideoTable;
  readonly issuer: KeyIssuer;
  readonly log: PlaybackLog;
  readonly activity: LastActivity;
  /** None: any number of questions. */
  readonly rate: RateLimit | undefined;
  readonly metrics: Metrics;
  readonly sessionOf: (request: PlaybackRequest) => Promise<SessionRow>;
  /** ms since 1970 */
  readonly now: () => number;
}

/** IVs of renditions that are held in memory: some 12 bytes a segment. */
const MOST_RENDITIONS = 500;
const KEPT_MS = 5 * 60 * 1000;

export class KeyApi {
  readonly #ivs: KeptWhile<ReadonlyMap<number, Bytes>>;

  constructor(private readonly parts: KeyApiParts) {
    this.#ivs = new KeptWhile({ most: MOST_RENDITIONS, forMs: KEPT_MS, now: parts.now });
  }

  /** Undefined: the path is none of these. */
  async handle(request: PlaybackRequest): Promise<Answer | undefined> {
    switch (`${request.method} ${request.path}`) {
      case "GET /api/v1/key":
        return this.#answer(request, () => Promise.resolve(singleQuestion(request.query)), ([key]) => key ?? {});
      case "POST /api/v1/key":
        return this.#answer(request, () => listQuestion(request, true), (keys) => ({ keys }));
      case "POST /api/v1/key/batch":
        return this.#answer(request, () => listQuestion(request, false), (keys) => ({ keys }));
      default:
        return undefined;
    }
  }

  async #answer(request: PlaybackRequest, ask: () => Promise<Question>, shape: (keys: readonly object[]) => object): Promise<Answer> {
    const began = performance.now();
    this.#limit(request);
    const question = await ask();
    try {
      const keys = await this.#keys(request, question);
      const duration = `${String(Math.round(performance.now() - began))}ms`;
      return json(200, { ...shape(request.method === "GET" ? keys.map(({ segIdx: _, ...key }) => key) : keys), duration }, { "cache-control": "no-store" });
    } catch (error) {
      if (error instanceof Refusal) throw error;
      // What went wrong is the operator's to know: the client is told no more than that.
      throw new Refusal(500, "Failed to retrieve key", {}, error);
    }
  }

  #limit(request: PlaybackRequest): void {
    const wait = this.parts.rate?.ask(request.address);
    if (wait !== undefined) throw new Refusal(429, "Too many key requests", { "retry-after": String(wait) });
  }

  async #keys(request: PlaybackRequest, question: Question): Promise<({ readonly segIdx: number } & object)[]> {
    const session = await this.parts.sessionOf(request);
    const videoId = question.videoId ?? session.videoId;
    if (videoId !== session.videoId) throw new Refusal(403, "Session is not authorized for this video");
    const keys = await Promise.all(question.segments.map((name) => this.#key(session, name, question.isMixed)));
    this.#note(request, session, question.segments);
    return keys;
  }

  async #key(session: SessionRow, { rendition, segIdx }: SegmentName, isMixed: boolean) {
    const ivs = await this.#ivsOf(session, rendition);
    if (ivs.size === 0) throw new Refusal(404, `Rendition ${rendition} not found`);
    const segmentIv = ivs.get(segIdx);
    if (segmentIv === undefined) throw new Refusal(404, `Segment ${String(segIdx)} not found in rendition ${rendition}`);
    const { wrappedDek, wrapIv } = await this.parts.issuer.issue(session, rendition, segIdx);
    return { segIdx, ...(isMixed ? { rendition } : {}), wrappedDek: toBase64(wrappedDek), ...(wrapIv === undefined ? {} : { wrapIv: toBase64(wrapIv) }), segmentIv: toBase64(segmentIv) };
  }

  /** Empty where there is no such rendition, which is not remembered: it may be anything that a client makes up. */
  async #ivsOf({ videoId, rootSecretEnc }: SessionRow, rendition: string): Promise<ReadonlyMap<number, Bytes>> {
    // A video that is sealed anew has another root secret, and so another name here.
    const name = `${rootSecretEnc} ${rendition}`;
    const ivs = await this.#ivs.get(name, async () => new Map((await this.parts.videos.allSegments(videoId, rendition)).map(({ segIdx, iv }) => [segIdx, iv])));
    if (ivs.size === 0) this.#ivs.forget(name);
    return ivs;
  }

  #note(request: PlaybackRequest, session: SessionRow, names: readonly SegmentName[]): void {
    const at = new Date(this.parts.now());
    const { id: sessionId, videoId, person, deviceHash } = session;
    this.parts.log.add(names.map(({ rendition, segIdx }) => ({ sessionId, videoId, rendition, segIdx, at, address: request.address, userAgent: request.headers["user-agent"], person, deviceHash })));
    this.parts.activity.touch(sessionId);
    this.parts.metrics.count("playback_keys_total", {}, names.length);
  }
}

function singleQuestion(query: URLSearchParams): Question {
  const [videoId, rendition, segIdx] = [query.get("videoId"), query.get("rendition"), query.get("segIdx")];
  if (!videoId || !rendition || segIdx === null || segIdx === "") throw new Refusal(400, "Missing required parameters: videoId, rendition, segIdx");
  if (!/^-?\d{1,9}$/.test(segIdx) || !isIndex(Number(segIdx))) throw new Refusal(400, BAD_INDEX);
  return { videoId, segments: [{ rendition, segIdx: Number(segIdx) }], isMixed: false };
}

/** `needsVideo`: as at `/api/v1/key`; at `/batch` the video is the session's unless it is named. */
async function listQuestion(request: PlaybackRequest, needsVideo: boolean): Promise<Question> {
  const body = await bodyObject(request);
  const { rendition, segIndices, keys } = body;
  const videoId = typeof body["videoId"] === "string" && body["videoId"] !== "" ? body["videoId"] : undefined;
  if (!needsVideo && Array.isArray(keys)) return { videoId, segments: counted(keys).map(segmentName), isMixed: true };
  if ((needsVideo && videoId === undefined) || typeof rendition !== "string" || rendition === "" || !Array.isArray(segIndices)) {
    throw new Refusal(400, needsVideo ? "Missing required fields: videoId, rendition, segIndices (array)" : "Missing required fields: keys (array), or rendition, segIndices (array)");
  }
  return { videoId, segments: counted(segIndices).map((segIdx) => segmentName({ rendition, segIdx })), isMixed: false };
}

function counted(list: readonly unknown[]): readonly unknown[] {
  if (list.length < 1 || list.length > MOST_AT_ONCE) throw new Refusal(400, BAD_COUNT);
  return list;
}

function segmentName(value: unknown): SegmentName {
  const { rendition, segIdx } = typeof value === "object" && value !== null ? (value as Record<string, unknown>) : {};
  if (typeof rendition !== "string" || rendition === "") throw new Refusal(400, "Missing required fields: rendition, segIdx (of each key)");
  if (!isIndex(segIdx)) throw new Refusal(400, BAD_INDEX);
  return { rendition, segIdx };
}

function isIndex(value: unknown): value is number {
  return typeof value === "number" && Number.isInteger(value) && value >= INIT_SEGMENT && value < 2 ** 31;
}
