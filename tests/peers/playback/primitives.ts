// The cryptography of sealed playback, by WebCrypto alone: server and player run the same code.
// X25519 (RFC 7748), HKDF-SHA-256 (RFC 5869), AES-128-GCM (SP 800-38D), AES key wrap (RFC 3394).

import { toBase64, toBase64Url, utf8 } from "./bytes.ts";
import type { Bytes } from "./bytes.ts";

/** How a DEK is wrapped: AES-128-GCM with an IV of its own, or RFC 3394. */
export type KeyWrap = "aes-gcm" | "aes-kw";

/** A key that WebCrypto holds, which the browser and Node call by different names. */
export type HeldKey = Awaited<ReturnType<typeof crypto.subtle.importKey>>;

/** An X25519 private key as a JWK (RFC 8037). */
export interface PrivateJwk {
  readonly kty: "OKP";
  readonly crv: "X25519";
  readonly d: string;
  readonly x: string;
}

export interface KeyPair {
  /** 32 bytes */
  readonly publicKey: Bytes;
  readonly privateJwk: PrivateJwk;
}

export interface WrappedDek {
  readonly wrappedDek: Bytes;
  /** 12 bytes; none where the wrap is RFC 3394. */
  readonly wrapIv?: Bytes;
}

/** A session's KEK, ready for either wrap. */
export interface Kek {
  readonly gcm: HeldKey;
  readonly kw: HeldKey;
}

export const PUBLIC_KEY_BYTES = 32;
export const NONCE_BYTES = 12;
export const IV_BYTES = 12;
export const TAG_BYTES = 16;
export const ROOT_SECRET_BYTES = 32;
const KEY_BYTES = 16;
const KEK_INFO = utf8("session-kek-v1");
const DEK_INFO = utf8("chunk-dek-v1");
const GCM = "AES-GCM";
const KW = "AES-KW";

export function randomBytes(count: number): Bytes {
  return crypto.getRandomValues(new Uint8Array(count));
}

export async function makeKeyPair(): Promise<KeyPair> {
  const pair = await crypto.subtle.generateKey({ name: "X25519" }, true, ["deriveBits"]);
  if (!("privateKey" in pair)) throw new Error("X25519 gave no pair of keys");
  const jwk = await crypto.subtle.exportKey("jwk", pair.privateKey);
  if (jwk.d === undefined || jwk.x === undefined) throw new Error("X25519 gave a private key without its parts");
  const publicKey = new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey));
  return { publicKey, privateJwk: { kty: "OKP", crv: "X25519", d: jwk.d, x: jwk.x } };
}

/** A pair from what is known of it: 32 bytes each. */
export function privateJwkOf(privateKey: Bytes, publicKey: Bytes): PrivateJwk {
  return { kty: "OKP", crv: "X25519", d: toBase64Url(privateKey), x: toBase64Url(publicKey) };
}

/** 32 bytes. Throws where the other side's key is of small order: the secret would be all zero (RFC 7748, section 6.1). */
export async function sharedSecret(own: PrivateJwk, othersPublicKey: Bytes): Promise<Bytes> {
  if (othersPublicKey.length !== PUBLIC_KEY_BYTES) throw new Error("Public key must be 32 bytes");
  const privateKey = await crypto.subtle.importKey("jwk", { ...own }, { name: "X25519" }, false, ["deriveBits"]);
  const publicKey = await crypto.subtle.importKey("raw", othersPublicKey, { name: "X25519" }, false, []);
  const secret = new Uint8Array(await crypto.subtle.deriveBits({ name: "X25519", public: publicKey }, privateKey, 256));
  if (secret.every((byte) => byte === 0)) throw new Error("The public key is of small order");
  return secret;
}

async function hkdf(secret: Bytes, salt: Bytes, info: Bytes, bytes: number): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]);
  return new Uint8Array(await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt, info }, key, bytes * 8));
}

/** 16 bytes, the same on both sides. */
export async function kekBytes(own: PrivateJwk, othersPublicKey: Bytes, serverNonce: Bytes): Promise<Bytes> {
  if (serverNonce.length !== NONCE_BYTES) throw new Error("Invalid server nonce length");
  return hkdf(await sharedSecret(own, othersPublicKey), serverNonce, KEK_INFO, KEY_BYTES);
}

export async function importKek(bytes: Bytes): Promise<Kek> {
  const [gcm, kw] = await Promise.all([
    crypto.subtle.importKey("raw", bytes, GCM, false, ["encrypt", "decrypt"]),
    crypto.subtle.importKey("raw", bytes, KW, false, ["wrapKey", "unwrapKey"]),
  ]);
  return { gcm, kw };
}

export async function deriveKek(own: PrivateJwk, othersPublicKey: Bytes, serverNonce: Bytes): Promise<Kek> {
  return importKek(await kekBytes(own, othersPublicKey, serverNonce));
}

/** The key of one segment: nothing but the root secret has to be kept. 16 bytes. */
export function deriveDek(rootSecret: Bytes, videoId: string, rendition: string, segIdx: number): Promise<Bytes> {
  return hkdf(rootSecret, utf8(`${videoId}|${rendition}|${String(segIdx)}`), DEK_INFO, KEY_BYTES);
}

export async function wrapDek(kek: Kek, dek: Bytes, wrap: KeyWrap, iv: Bytes = randomBytes(IV_BYTES)): Promise<WrappedDek> {
  if (dek.length !== KEY_BYTES) throw new Error("DEK must be 16 bytes (AES-128)");
  if (wrap === "aes-gcm") return { wrappedDek: new Uint8Array(await crypto.subtle.encrypt({ name: GCM, iv }, kek.gcm, dek)), wrapIv: iv };
  const key = await crypto.subtle.importKey("raw", dek, GCM, true, ["encrypt"]);
  return { wrappedDek: new Uint8Array(await crypto.subtle.wrapKey("raw", key, kek.kw, KW)) };
}

/** Ready to open segments, and no more: it cannot be read out. Throws where it was not wrapped for this session. */
export async function unwrapDek(kek: Kek, { wrappedDek, wrapIv }: WrappedDek): Promise<HeldKey> {
  if (wrapIv === undefined) return crypto.subtle.unwrapKey("raw", wrappedDek, kek.kw, KW, GCM, false, ["decrypt"]);
  const dek = new Uint8Array(await crypto.subtle.decrypt({ name: GCM, iv: wrapIv }, kek.gcm, wrappedDek));
  if (dek.length !== KEY_BYTES) throw new Error("Unwrapped DEK is not 16 bytes");
  return crypto.subtle.importKey("raw", dek, GCM, false, ["decrypt"]);
}

/** Ciphertext and, behind it, the tag. */
export async function sealSegment(dek: Bytes, iv: Bytes, plain: Bytes): Promise<Bytes> {
  const key = await crypto.subtle.importKey("raw", dek, GCM, false, ["encrypt"]);
  return new Uint8Array(await crypto.subtle.encrypt({ name: GCM, iv }, key, plain));
}

/** Throws where a bit of it is not as it was sealed, or the key is another's. */
export async function openSegment(dek: HeldKey, iv: Bytes, sealed: Bytes): Promise<Bytes> {
  return new Uint8Array(await crypto.subtle.decrypt({ name: GCM, iv }, dek, sealed));
}

/** What a player says of its machine, as a digest. `facts`: agent, screen, time zone, language, cores, platform. */
export async function deviceFingerprint(facts: readonly string[]): Promise<string> {
  return toBase64(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8(facts.join("|")))));
}
