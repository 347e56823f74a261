// For tests: asks the stand-in as a program does, by its true name over TLS, and keeps its cookie as a browser does.

import { ask } from "../wire/client.ts";
import type { Ask, Got } from "../wire/client.ts";
import { fromBase64, toBase64 } from "./bytes.ts";
import type { Bytes } from "./bytes.ts";
import { deriveKek, makeKeyPair, openSegment, unwrapDek } from "./primitives.ts";
import type { Kek } from "./primitives.ts";

/** Of the peer that is asked: its port may change between two questions. */
export interface Place {
  readonly origin: string;
  readonly port: number;
}

export interface Said {
  readonly status: number;
  /** The body as JSON. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly got: Got;
}

export interface SessionSaid {
  readonly sessionId: string;
  readonly serverPubKey: string;
  readonly serverNonce: string;
  readonly expiresAt: string;
}

export interface KeySaid {
  readonly segIdx?: number;
  readonly rendition?: string;
  readonly wrappedDek: string;
  readonly wrapIv?: string;
  readonly segmentIv: string;
}

export class TestPlayer {
  /** `sessionToken=…`, as it was last set. */
  cookie: string | undefined;

  constructor(
    readonly place: Place,
    readonly caFile: string,
  ) {}

  async get(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Said> {
    return this.#ask(path, { headers });
  }

  async post(path: string, body?: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Said> {
    const sent = body === undefined ? {} : { body: typeof body === "string" ? body : JSON.stringify(body) };
    return this.#ask(path, { method: "POST", ...sent, headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers } });
  }

  async delete(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Said> {
    return this.#ask(path, { method: "DELETE", headers });
  }

  /** Begins a session and agrees on its KEK. Throws where it is refused. */
  async begin(videoId: string, more: object = {}): Promise<{ said: SessionSaid; kek: Kek }> {
    const { publicKey, privateJwk } = await makeKeyPair();
    const { status, got, body } = await this.post("/api/v1/session", { videoId, clientPubKey: toBase64(publicKey), ...more });
    if (status !== 200) throw new Error(got.text);
    const said = body as unknown as SessionSaid;
    return { said, kek: await deriveKek(privateJwk, bytesOf(said.serverPubKey), bytesOf(said.serverNonce)) };
  }

  key(videoId: string, rendition: string, segIdx: number | string, headers: Readonly<Record<string, string>> = {}): Promise<Said> {
    return this.get(`/api/v1/key?videoId=${videoId}&rendition=${rendition}&segIdx=${String(segIdx)}`, headers);
  }

  /** Fetches the piece at `url` and opens it with its key. */
  async open(kek: Kek, key: KeySaid, url: string): Promise<Bytes> {
    const { got } = await this.get(url);
    const dek = await unwrapDek(kek, { wrappedDek: bytesOf(key.wrappedDek), ...(key.wrapIv === undefined ? {} : { wrapIv: bytesOf(key.wrapIv) }) });
    return openSegment(dek, bytesOf(key.segmentIv), Uint8Array.from(got.body));
  }

  async #ask(path: string, options: Ask): Promise<Said> {
    const headers = { ...(this.cookie === undefined ? {} : { cookie: this.cookie }), ...options.headers };
    const got = await ask({ caFile: this.caFile, port: this.place.port }, new URL(path, this.place.origin).href, { ...options, headers });
    for (const line of got.headers["set-cookie"] ?? []) this.cookie = /Max-Age=0/.test(line) ? undefined : line.split(";", 1)[0];
    return { status: got.status, body: objectOf(got.text), got };
  }
}

export function bytesOf(base64: string): Bytes {
  const bytes = fromBase64(base64);
  if (bytes === undefined) throw new Error(`no base64: ${base64}`);
  return bytes;
}

function objectOf(text: string): Readonly<Record<string, unknown>> {
  try {
    return JSON.parse(text) as Record<string, unknown>;
  } catch {
    return {};
  }
}
