// Gives out wrapped keys: a segment's DEK from its video's root secret, under the KEK that a session agreed on.

import type { Envelope } from "./envelope.ts";
import { KeptWhile } from "./kept-while.ts";
import type { Metrics } from "./metrics.ts";
import type { Kek, PrivateJwk, WrappedDek } from "./primitives.ts";
import { deriveDek, deriveKek, wrapDek } from "./primitives.ts";
import { privateKeyContext } from "./session-table.ts";
import type { SessionRow } from "./session-table.ts";
import { rootSecretContext } from "./video-table.ts";
import type { VideoRow } from "./video-table.ts";
import type { Bytes } from "./bytes.ts";

/** Sessions whose KEK, and videos whose root secret, are held in memory so that the next question costs no agreement. */
const MOST_KEKS = 10_000;
const MOST_ROOT_SECRETS = 1_000;
const KEPT_MS = 5 * 60 * 1000;

export class KeyIssuer {
  readonly #keks: KeptWhile<Kek>;
  readonly #rootSecrets: KeptWhile<Bytes>;

  constructor(
    private readonly envelope: Envelope,
    private readonly metrics: Metrics,
    now: () => number,
  ) {
    this.#keks = new KeptWhile({ most: MOST_KEKS, forMs: KEPT_MS, now });
    this.#rootSecrets = new KeptWhile({ most: MOST_ROOT_SECRETS, forMs: KEPT_MS, now });
  }

  async issue(session: SessionRow, video: VideoRow, rendition: string, segIdx: number): Promise<WrappedDek> {
    const [kek, dek] = await Promise.all([this.#kek(session), this.dek(video, rendition, segIdx)]);
    return wrapDek(kek, dek, session.keyWrap);
  }

  /** 16 bytes. */
  async dek(video: VideoRow, rendition: string, segIdx: number): Promise<Bytes> {
    // Its name holds what it was read from: a video that was sealed anew, or rotated, is not answered from before.
    const rootSecret = await this.#rootSecrets.get(`${video.id} ${video.rootSecretEnc}`, () => Promise.resolve(this.#open(video.rootSecretEnc, rootSecretContext(video.id))));
    return deriveDek(rootSecret, video.id, rendition, segIdx);
  }

  /** A session that has ended. */
  forget(sessionId: string): void {
    this.#keks.forget(sessionId);
  }

  #kek(session: SessionRow): Promise<Kek> {
    return this.#keks.get(session.id, async () => {
      const jwk = this.#open(session.serverPrivJwk, privateKeyContext(session.id));
      return deriveKek(JSON.parse(new TextDecoder().decode(jwk)) as PrivateJwk, session.clientPubKey, session.serverNonce);
    });
  }

  #open(sealed: string, context: string): Bytes {
    return this.metrics.time("playback_envelope_seconds", {}, () => this.envelope.open(sealed, context));
  }
}
