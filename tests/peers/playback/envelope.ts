// Secrets at rest: AES-256-GCM under a key that is in the environment alone. Stands where a key service (KMS) would.

import { createCipheriv, createDecipheriv, createHash, hkdfSync, randomBytes } from "node:crypto";
import type { Bytes } from "./bytes.ts";

export const ENVELOPE_KEY_BYTES = 32;
const IV_BYTES = 12;
const TAG_BYTES = 16;
const CIPHER = "aes-256-gcm";

interface EnvelopeKey {
  /** Eight hex digits that say which key it is, and nothing of it. */
  readonly id: string;
  readonly sealing: Buffer;
}

/** What is sealed says by which key: `ID.base64(iv, ciphertext, tag)`. */
export class Envelope {
  readonly #current: EnvelopeKey;
  readonly #byId: ReadonlyMap<string, EnvelopeKey>;

  /** `current` seals; all open. 32 bytes each, and copied: wipe yours. */
  constructor(current: Uint8Array, previous: readonly Uint8Array[] = []) {
    const keys = [current, ...previous].map(envelopeKey);
    const [first] = keys;
    if (first === undefined) throw new Error("an envelope without a key");
    this.#current = first;
    this.#byId = new Map(keys.map((key) => [key.id, key]));
  }

  /** Which key seals now. */
  get keyId(): string {
    return this.#current.id;
  }

  /** `context`: what it belongs to, so that it cannot be put in another's place. */
  seal(secret: Uint8Array, context: string): string {
    const iv = randomBytes(IV_BYTES);
    const cipher = createCipheriv(CIPHER, this.#current.sealing, iv);
    cipher.setAAD(Buffer.from(context));
    return `${this.#current.id}.${Buffer.concat([iv, cipher.update(secret), cipher.final(), cipher.getAuthTag()]).toString("base64")}`;
  }

  /** Throws where the key is not known any more, or it was changed, or belongs to something else. */
  open(sealed: string, context: string): Bytes {
    const key = this.#byId.get(keyIdOf(sealed));
    if (key === undefined) throw new Error(`No envelope key ${keyIdOf(sealed)}: name it in PLAYBACK_ENVELOPE_KEYS_BEFORE, then rotate.`);
    const bytes = Buffer.from(sealed.slice(sealed.indexOf(".") + 1), "base64");
    const decipher = createDecipheriv(CIPHER, key.sealing, bytes.subarray(0, IV_BYTES));
    decipher.setAAD(Buffer.from(context));
    decipher.setAuthTag(bytes.subarray(bytes.length - TAG_BYTES));
    return Uint8Array.from(Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, bytes.length - TAG_BYTES)), decipher.final()]));
  }

  isCurrent(sealed: string): boolean {
    return keyIdOf(sealed) === this.#current.id;
  }
}

function keyIdOf(sealed: string): string {
  return sealed.slice(0, Math.max(0, sealed.indexOf(".")));
}

function envelopeKey(bytes: Uint8Array): EnvelopeKey {
  if (bytes.length !== ENVELOPE_KEY_BYTES) throw new Error(`An envelope key has ${String(ENVELOPE_KEY_BYTES)} bytes, not ${String(bytes.length)}.`);
  const part = (info: string): Buffer => Buffer.from(hkdfSync("sha256", bytes, "", info, ENVELOPE_KEY_BYTES));
  return { id: createHash("sha256").update(part("playback envelope id")).digest("hex").slice(0, 8), sealing: part("playback envelope sealing") };
}
