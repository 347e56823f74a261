// Gives out wrapped keys: a segment's DEK from its video's root secret, under the KEK that a session agreed on.

import type { Envelope } from "./envelope.ts";
import { KeptWhile } from "./kept-while.ts";
import type { Metrics } from "./metrics.ts";
import type { Kek, PrivateJwk, WrappedDek } from "./primitives.ts";
import { deriveDek, deriveKek, wrapDek } from "./primitives.ts";
import { privateKeyContext } from "./session-table.ts";
import type { SessionRow } from "./session-table.ts";
import { rootSecretContext } from "./video-table.ts";
import type { Bytes } from "./bytes.ts";

/** Held in memory so that the next question costs no agreement, and the next session no derivation. */
const MOST_KEKS = 10_000;
const MOST_DEKS = 20_000;
const MOST_ROOT_SECRETS = 1_000;
const KEPT_MS = 5 * 60 * 1000;

export class KeyIssuer {
  readonly #keks: KeptWhile<Kek>;
  readonly #deks: KeptWhile<Bytes>;
  readonly #rootSecrets: KeptWhile<Bytes>;

  constructor(
    private readonly envelope: Envelope,
    private readonly metrics: Metrics,
    now: () => number,
  ) {
    this.#keks = new KeptWhile({ most: MOST_KEKS, forMs: KEPT_MS, now });
    this.#deks = new KeptWhile({ most: MOST_DEKS, forMs: KEPT_MS, now });
    this.#rootSecrets = new KeptWhile({ most: MOST_ROOT_SECRETS, forMs: KEPT_MS, now });
  }

  async issue(session: SessionRow, rendition: string, segIdx: number): Promise<WrappedDek> {
    const [kek, dek] = await Promise.all([this.#kek(session), this.#dek(session, rendition, segIdx)]);
    return wrapDek(kek, dek, session.keyWrap);
  }

  /** Names hold what a thing was made from: a video that was sealed anew is not answered from before. */
  #dek({ videoId, rootSecretEnc }: SessionRow, rendition: string, segIdx: number): Promise<Bytes> {
    return this.#deks.get(`${rootSecretEnc} ${videoId} ${rendition} ${String(segIdx)}`, async () => {
      const rootSecret = await this.#rootSecrets.get(`${rootSecretEnc} ${videoId}`, () => Promise.resolve(this.#open(rootSecretEnc, rootSecretContext(videoId))));
      return deriveDek(rootSecret, videoId, rendition, segIdx);
    });
  }

  /** Of a session that has just begun. */
  remember(sessionId: string, kek: Kek): void {
    void this.#keks.get(sessionId, () => Promise.resolve(kek));
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
