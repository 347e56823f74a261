// Sessions: begun, looked at, extended, ended. The order of checks is what clients know: question, session, video.

import { randomUUID } from "node:crypto";
import type { Answer } from "../wire/answer.ts";
import { json } from "../wire/answer.ts";
import { fromBase64, toBase64, utf8 } from "./bytes.ts";
import type { Bytes } from "./bytes.ts";
import type { KeyIssuer } from "./key-issuer.ts";
import type { Metrics } from "./metrics.ts";
import type { PlaybackLog } from "./playback-log.ts";
import type { KeyWrap } from "./primitives.ts";
import { NONCE_BYTES, PUBLIC_KEY_BYTES, deriveKek, makeKeyPair, randomBytes } from "./primitives.ts";
import type { Pseudonyms } from "./pseudonyms.ts";
import { NO_SESSION, OTHER_ADDRESS, Refusal, SESSION_EXPIRED, SESSION_NOT_FOUND, VIDEO_NOT_FOUND } from "./refusal.ts";
import { bodyObject } from "./request.ts";
import type { PlaybackRequest } from "./request.ts";
import { privateKeyContext } from "./session-table.ts";
import type { SessionRow, SessionTable } from "./session-table.ts";
import type { Envelope } from "./envelope.ts";
import type { Settings } from "./settings.ts";
import type { VideoTable } from "./video-table.ts";

export const COOKIE = "sessionToken";

/**
 * Whether somebody may play a video, and who that is: the site's own sign-in. `person` is what the site calls them by; only a
 * pseudonym of it is kept. Throws a Refusal where they may not.
 */
export type Admission = (request: PlaybackRequest, videoId: string) => Promise<{ readonly person?: string }>;

/** Everybody may, and nobody is asked who they are. */
export const everybody: Admission = () => Promise.resolve({});

export interface SessionApiParts {
  readonly sessions: SessionTable;
  readonly videos: VideoTable;
  readonly log: PlaybackLog;
  readonly issuer: KeyIssuer;
  readonly envelope: Envelope;
  readonly pseudonyms: Pseudonyms;
  readonly metrics: Metrics;
  readonly settings: Settings;
  readonly admission: Admission;
  /** ms since 1970 */
  readonly now: () => number;
}

export class SessionApi {
  constructor(private readonly parts: SessionApiParts) {}

  /** Undefined: the path is none of these. */
  async handle(request: PlaybackRequest): Promise<Answer | undefined> {
    switch (`${request.method} ${request.path}`) {
      case "POST /api/v1/session":
        return this.#begin(request);
      case "GET /api/v1/session":
        return this.#show(request);
      case "DELETE /api/v1/session":
        return this.#end(request);
      case "POST /api/v1/session/refresh":
        return this.#refresh(request);
      case "DELETE /api/v1/session/log":
        return this.#forget(request);
      default:
        return undefined;
    }
  }

  /** The session of the request's cookie. Throws a Refusal where there is none, it has expired, or it is another address's. */
  async sessionOf(request: PlaybackRequest): Promise<SessionRow> {
    const session = await this.#knownSession(request);
    if (session.expiresAt.getTime() <= this.parts.now()) {
      this.parts.issuer.forget(session.id);
      throw SESSION_EXPIRED();
    }
    if (session.address !== null && session.address !== this.parts.pseudonyms.of("address", request.address)) throw OTHER_ADDRESS();
    return session;
  }

  async #knownSession(request: PlaybackRequest): Promise<SessionRow> {
    const cookie = request.cookies.get(COOKIE);
    if (cookie === undefined || cookie === "") throw NO_SESSION();
    const session = await this.parts.sessions.find(cookie);
    if (session === undefined) throw SESSION_NOT_FOUND();
    return session;
  }

  async #begin(request: PlaybackRequest): Promise<Answer> {
    const { sessions, videos, issuer, envelope, pseudonyms, metrics, settings, admission } = this.parts;
    const asked = await this.#question(request);
    const { person } = await admission(request, asked.videoId);
    const video = await videos.find(asked.videoId);
    if (video === undefined) throw VIDEO_NOT_FOUND();
    const [id, cookieValue] = [randomUUID(), randomUUID()];
    const { publicKey, privateJwk } = await makeKeyPair();
    const serverNonce = randomBytes(NONCE_BYTES);
    // A key of small order is found out here, and not at the first segment, whose key then waits for no agreement.
    const kek = await deriveKek(privateJwk, asked.clientPubKey, serverNonce).catch(() => {
      throw INVALID_KEY();
    });
    issuer.remember(id, kek);
    const now = this.parts.now();
    const expiresAt = new Date(now + settings.sessionMs);
    await sessions.add({
      id,
      cookieValue,
      videoId: video.id,
      clientPubKey: asked.clientPubKey,
      serverPubKey: publicKey,
      serverPrivJwk: envelope.seal(utf8(JSON.stringify(privateJwk)), privateKeyContext(id)),
      serverNonce,
      deviceHash: asked.deviceFingerprint === undefined ? null : pseudonyms.of("device", asked.deviceFingerprint),
      person: person === undefined ? null : pseudonyms.of("person", person),
      address: settings.bindToAddress ? pseudonyms.of("address", request.address) : null,
      keyWrap: asked.keyWrap ?? settings.keyWrap,
      expiresAt,
      now: new Date(now),
    });
    metrics.count("playback_sessions_created_total");
    const said = { sessionId: id, videoId: video.id, videoTitle: video.title, serverPubKey: toBase64(publicKey), serverNonce: toBase64(serverNonce), expiresAt, message: "Session created successfully. Cookie set." };
    return answer(said, this.#cookie(cookieValue));
  }

  async #question(request: PlaybackRequest): Promise<{ videoId: string; clientPubKey: Bytes; deviceFingerprint?: string; keyWrap?: KeyWrap }> {
    const { videoId, clientPubKey, deviceFingerprint, keyWrap } = await bodyObject(request);
    if (!isText(videoId) || !isText(clientPubKey)) throw new Refusal(400, "Missing required fields: videoId, clientPubKey");
    const key = fromBase64(clientPubKey);
    if (key?.length !== PUBLIC_KEY_BYTES) throw INVALID_KEY();
    if (keyWrap !== undefined && keyWrap !== "aes-gcm" && keyWrap !== "aes-kw") throw new Refusal(400, "keyWrap must be aes-gcm or aes-kw");
    return { videoId, clientPubKey: key, ...(isText(deviceFingerprint) ? { deviceFingerprint } : {}), ...(keyWrap === undefined ? {} : { keyWrap }) };
  }

  async #show(request: PlaybackRequest): Promise<Answer> {
    const { id, videoId, expiresAt, createdAt, lastActivity } = await this.sessionOf(request);
    const video = await this.parts.videos.find(videoId);
    if (video === undefined) throw VIDEO_NOT_FOUND();
    const { title, duration, posterWalrusUri } = video;
    return answer({ sessionId: id, videoId, video: { id: videoId, title, duration, posterWalrusUri }, expiresAt, createdAt, lastActivity });
  }

  /** One that has expired can be ended, too. */
  async #end(request: PlaybackRequest): Promise<Answer> {
    const session = await this.#knownSession(request);
    await this.parts.sessions.remove(session.id);
    this.parts.issuer.forget(session.id);
    this.parts.metrics.count("playback_sessions_ended_total", { by: "client" });
    return answer({ message: "Session terminated successfully" }, `${COOKIE}=; Path=/; Max-Age=0; HttpOnly; SameSite=Lax; Secure`);
  }

  async #refresh(request: PlaybackRequest): Promise<Answer> {
    const session = await this.sessionOf(request);
    const now = this.parts.now();
    const expiresAt = new Date(now + this.parts.settings.sessionMs);
    if (!(await this.parts.sessions.extend(session.id, expiresAt, new Date(now)))) throw SESSION_NOT_FOUND();
    return answer({ sessionId: session.id, expiresAt, message: "Session refreshed successfully" }, this.#cookie(request.cookies.get(COOKIE) ?? ""));
  }

  /** What is written of this session, and of its person in all others. */
  async #forget(request: PlaybackRequest): Promise<Answer> {
    const { id, person } = await this.sessionOf(request);
    const deleted = await this.parts.log.removeOf({ sessionId: id, person });
    return answer({ deleted, message: "Playback log deleted" });
  }

  #cookie(value: string): string {
    return `${COOKIE}=${value}; Path=/; Max-Age=${String(this.parts.settings.sessionMs / 1000)}; HttpOnly; SameSite=Lax; Secure`;
  }
}

const INVALID_KEY = (): Refusal => new Refusal(400, "Invalid clientPubKey: must be base64-encoded 32 bytes");

function isText(value: unknown): value is string {
  return typeof value === "string" && value !== "";
}

function answer(value: Readonly<Record<string, unknown>>, setCookie?: string): Answer {
  return json(200, value, { "cache-control": "no-store", ...(setCookie === undefined ? {} : { "set-cookie": setCookie }) });
}
