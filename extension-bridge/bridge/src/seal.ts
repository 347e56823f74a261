// The sealed channel for secrets (docs/protocol.md, session.*): X25519, HKDF-SHA-256, AES-256-GCM, all of it WebCrypto.
import { fromBase64, toBase64 } from "./base64.ts";
import type { OpenedSeal, Sealed, SessionLease, SessionOpenParams, SessionOpenResult } from "./protocol.ts";

const INFO = new TextEncoder().encode("auricle seal v1");
const IV_BYTES = 12;

/** What a session asks of the host. */
export interface SessionHost {
  open(params: SessionOpenParams): Promise<SessionOpenResult>;
  refresh(sessionId: string): Promise<SessionLease>;
}

async function deriveKey(own: CryptoKey, opened: SessionOpenResult): Promise<CryptoKey> {
  const theirs = await crypto.subtle.importKey("raw", fromBase64(opened.serverPubKey), { name: "X25519" }, false, []);
  const shared = await crypto.subtle.deriveBits({ name: "X25519", public: theirs }, own, 256);
  const material = await crypto.subtle.importKey("raw", shared, "HKDF", false, ["deriveKey"]);
  return crypto.subtle.deriveKey(
    { name: "HKDF", hash: "SHA-256", salt: fromBase64(opened.serverNonce), info: INFO },
    material,
    { name: "AES-GCM", length: 256 },
    false,
    ["encrypt"],
  );
}

/** One sealed session. Its key cannot be exported and dies with the object. */
export class SealedSession {
  readonly id: string;
  readonly #key: CryptoKey;
  #expiresAtMs: number;
  #seq = 0;

  private constructor(opened: SessionOpenResult, key: CryptoKey) {
    this.id = opened.sessionId;
    this.#key = key;
    this.#expiresAtMs = Date.parse(opened.expiresAt);
  }

  /** Agrees on a key with the host. Fails as the request does, or with an OperationError on a key that is none. */
  static async open(host: SessionHost): Promise<SealedSession> {
    const pair = (await crypto.subtle.generateKey({ name: "X25519" }, false, ["deriveBits"])) as CryptoKeyPair;
    const clientPubKey = toBase64(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)));
    const opened = await host.open({ clientPubKey });
    return new SealedSession(opened, await deriveKey(pair.privateKey, opened));
  }

  /** Milliseconds until the host forgets it; negative once it has. */
  remainingMs(nowMs: number): number {
    return this.#expiresAtMs - nowMs;
  }

  async refresh(host: SessionHost): Promise<void> {
    this.#expiresAtMs = Date.parse((await host.refresh(this.id)).expiresAt);
  }

  /** Seals a secret. `seq` starts at 1 and is never used twice, whether or not the sealed value is ever sent. */
  async seal(secret: OpenedSeal): Promise<Sealed> {
    const seq = ++this.#seq;
    const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
    const plain = new TextEncoder().encode(JSON.stringify(secret));
    const additionalData = new TextEncoder().encode(`${this.id}:${seq}`);
    const data = await crypto.subtle.encrypt({ name: "AES-GCM", iv, additionalData, tagLength: 128 }, this.#key, plain);
    plain.fill(0);
    return { sessionId: this.id, seq, iv: toBase64(iv), data: toBase64(new Uint8Array(data)) };
  }
}
