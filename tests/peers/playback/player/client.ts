// A player's side of the protocol: one session, keys ahead of need, pieces fetched and opened. It knows no page and no MediaSource.

import { fromBase64, toBase64 } from "../bytes.ts";
import type { Bytes } from "../bytes.ts";
import type { Manifest, ManifestPiece } from "../manifest.ts";
import { deriveKek, makeKeyPair, openSegment, unwrapDek } from "../primitives.ts";
import type { HeldKey, Kek, KeyWrap } from "../primitives.ts";

/** What the server, or the network, said for good. */
export class PlaybackError extends Error {
  constructor(
    /** 0: it was no answer. */
    readonly status: number,
    message: string,
  ) {
    super(message);
  }
}

export interface ClientOptions {
  /** `https://play.uni.example`, without a slash at its end. */
  readonly origin: string;
  readonly fetch: typeof fetch;
  /** Resolves after `ms`, or sooner when there is a reason to try again. */
  readonly sleep: (ms: number) => Promise<void>;
  readonly deviceFingerprint?: string;
  readonly keyWrap?: KeyWrap;
  /** Each time a session has begun; the first is 1. */
  readonly onSession?: (number: number) => void;
}

interface SegmentKey {
  readonly dek: HeldKey;
  readonly iv: Bytes;
}

interface KeyAnswer {
  readonly segIdx: number;
  readonly wrappedDek: string;
  readonly wrapIv?: string;
  readonly segmentIv: string;
}

/** A batch may have 20; fewer are lost when the person seeks. */
const KEYS_AHEAD = 10;
/** Keys that are kept: some minutes to go back to. */
const MOST_KEYS = 64;
const TRIES = 8;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 8_000;

export class PlaybackClient {
  readonly #options: ClientOptions;
  readonly #keys = new Map<string, Promise<SegmentKey>>();
  #videoId = "";
  #kek: Promise<Kek> | undefined;
  #sessions = 0;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** Keys that are held at the moment. */
  get keyCount(): number {
    return this.#keys.size;
  }

  /** The video's manifest; a session begins with the first key. */
  async open(videoId: string): Promise<Manifest> {
    this.#videoId = videoId;
    const response = await this.#patiently(() => this.#options.fetch(`${this.#options.origin}/api/v1/videos/${videoId}/manifest`));
    return (await response.json()) as Manifest;
  }

  /** The init segment, which is not sealed. */
  init(piece: ManifestPiece): Promise<Bytes> {
    return this.#bytes(piece);
  }

  /** One segment, opened. Throws where it is not what was sealed. `count`: how many the rendition has. */
  async segment(rendition: string, piece: ManifestPiece, count: number): Promise<Bytes> {
    const [key, sealed] = await Promise.all([this.#key(rendition, piece.segIdx, count), this.#bytes(piece)]);
    return openSegment(key.dek, key.iv, sealed).catch(() => {
      throw new PlaybackError(0, `Segment ${String(piece.segIdx)} of ${rendition} is not what was sealed`);
    });
  }

  /** To be called every 15 minutes. */
  async refresh(): Promise<void> {
    if (this.#kek !== undefined) await this.#inSession(() => this.#post("/api/v1/session/refresh"));
  }

  /** Ends the session; never fails. */
  async close(): Promise<void> {
    if (this.#kek === undefined) return;
    this.#kek = undefined;
    this.#keys.clear();
    await this.#options.fetch(`${this.#options.origin}/api/v1/session`, { method: "DELETE", credentials: "include", keepalive: true }).catch(() => undefined);
  }

  async #bytes({ url, bytes }: ManifestPiece): Promise<Bytes> {
    const from = new URL(url, `${this.#options.origin}/`);
    const got = await this.#patiently(async () => {
      const response = await this.#options.fetch(from, { credentials: "omit" });
      // Read here, so that a body which breaks off is tried again too.
      return response.ok ? { ok: true, status: response.status, headers: response.headers, body: await response.arrayBuffer() } : response;
    });
    const body = "body" in got && got.body instanceof ArrayBuffer ? new Uint8Array(got.body) : new Uint8Array();
    if (body.length !== bytes) throw new PlaybackError(0, `${from.pathname} has ${String(body.length)} bytes, not ${String(bytes)}`);
    return body;
  }

  #key(rendition: string, segIdx: number, count: number): Promise<SegmentKey> {
    const known = this.#keys.get(nameOf(rendition, segIdx));
    if (known !== undefined) return known;
    const ahead = Array.from({ length: Math.min(KEYS_AHEAD, count - segIdx) }, (_, at) => segIdx + at);
    const wanted = ahead.filter((one) => !this.#keys.has(nameOf(rendition, one)));
    const answer = this.#askKeys(rendition, wanted);
    for (const one of wanted) this.#hold(nameOf(rendition, one), answer.then((keys) => keyOf(keys, one)));
    return answer.then((keys) => keyOf(keys, segIdx));
  }

  #hold(name: string, key: Promise<SegmentKey>): void {
    this.#keys.set(name, key);
    // What failed is asked for again by whoever needs it.
    key.catch(() => this.#keys.delete(name));
    const [oldest] = this.#keys.keys();
    if (this.#keys.size > MOST_KEYS && oldest !== undefined) this.#keys.delete(oldest);
  }

  async #askKeys(rendition: string, segIndices: readonly number[]): Promise<Map<number, SegmentKey>> {
    return this.#inSession(async (kek) => {
      const response = await this.#post("/api/v1/key", { videoId: this.#videoId, rendition, segIndices });
      const { keys } = (await response.json()) as { keys: KeyAnswer[] };
      return new Map(await Promise.all(keys.map(async (key): Promise<[number, SegmentKey]> => [key.segIdx, await unwrapped(kek, key)])));
    });
  }

  /** A session that has ended meanwhile is begun anew, once. */
  async #inSession<T>(act: (kek: Kek) => Promise<T>): Promise<T> {
    const kek = (this.#kek ??= this.#begin());
    try {
      return await act(await kek);
    } catch (error) {
      const isOver = error instanceof PlaybackError && (error.status === 401 || (error.status === 404 && error.message === "Session not found"));
      if (this.#kek === kek) this.#kek = undefined;
      if (!isOver) throw error;
      return await act(await (this.#kek ??= this.#begin()));
    }
  }

  async #begin(): Promise<Kek> {
    const { publicKey, privateJwk } = await makeKeyPair();
    const { deviceFingerprint, keyWrap, onSession } = this.#options;
    const asked = { videoId: this.#videoId, clientPubKey: toBase64(publicKey), ...(deviceFingerprint === undefined ? {} : { deviceFingerprint }), ...(keyWrap === undefined ? {} : { keyWrap }) };
    const response = await this.#post("/api/v1/session", asked);
    const { serverPubKey, serverNonce } = (await response.json()) as { serverPubKey: string; serverNonce: string };
    const kek = await deriveKek(privateJwk, decoded(serverPubKey), decoded(serverNonce));
    this.#sessions += 1;
    onSession?.(this.#sessions);
    return kek;
  }

  #post(path: string, body?: object): Promise<Response> {
    const sent = body === undefined ? {} : { headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
    return this.#patiently(() => this.#options.fetch(this.#options.origin + path, { method: "POST", credentials: "include", ...sent }));
  }

  /** Tries again what may pass: no network, 429, 5xx. */
  async #patiently<R extends Pick<Response, "ok" | "status" | "headers">>(ask: () => Promise<R>): Promise<R> {
    for (let tries = 1; ; tries += 1) {
      const got = await ask().catch((error: unknown) => (error instanceof TypeError ? error : Promise.reject(error)));
      if (!(got instanceof TypeError) && got.ok) return got;
      const status = got instanceof TypeError ? 0 : got.status;
      const mayPass = status === 0 || status === 429 || status >= 500;
      if (!mayPass || tries === TRIES) throw got instanceof TypeError ? new PlaybackError(0, "The server cannot be reached") : await failure(got);
      const pause = Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (tries - 1));
      const asked = got instanceof TypeError ? 0 : Number(got.headers.get("retry-after") ?? 0) * 1000;
      await this.#options.sleep(Math.max(asked, pause * (0.5 + Math.random() / 2)));
    }
  }
}

async function failure(response: Pick<Response, "status"> & Partial<Pick<Response, "json">>): Promise<PlaybackError> {
  const said = (await response.json?.().catch(() => undefined)) as { error?: unknown } | undefined;
  return new PlaybackError(response.status, typeof said?.error === "string" ? said.error : `The server answered ${String(response.status)}`);
}

function nameOf(rendition: string, segIdx: number): string {
  return `${rendition} ${String(segIdx)}`;
}

function keyOf(keys: ReadonlyMap<number, SegmentKey>, segIdx: number): SegmentKey {
  const key = keys.get(segIdx);
  if (key === undefined) throw new PlaybackError(0, `No key came for segment ${String(segIdx)}`);
  return key;
}

async function unwrapped(kek: Kek, { wrappedDek, wrapIv, segmentIv }: KeyAnswer): Promise<SegmentKey> {
  const wrapped = { wrappedDek: decoded(wrappedDek), ...(wrapIv === undefined ? {} : { wrapIv: decoded(wrapIv) }) };
  const dek = await unwrapDek(kek, wrapped).catch(() => {
    throw new PlaybackError(0, "A key was not wrapped for this session");
  });
  return { dek, iv: decoded(segmentIv) };
}

function decoded(text: string): Bytes {
  const bytes = fromBase64(text);
  if (bytes === undefined) throw new PlaybackError(0, "What should be base64 is not");
  return bytes;
}
