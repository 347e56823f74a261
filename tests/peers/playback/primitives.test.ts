import assert from "node:assert/strict";
import { createHash, createPrivateKey, createPublicKey } from "node:crypto";
import { describe, it } from "node:test";
import { fromBase64, toBase64, toBase64Url, utf8 } from "./bytes.ts";
import type { Bytes } from "./bytes.ts";
import { deriveDek, deriveKek, deviceFingerprint, importKek, kekBytes, makeKeyPair, openSegment, privateJwkOf, randomBytes, sealSegment, sharedSecret, unwrapDek, wrapDek } from "./primitives.ts";
import { sealedSample } from "./sealed-sample.ts";
import { KEY_WRAP_VECTOR, VECTOR } from "./vector.ts";

function bytes(base64: string): Bytes {
  const found = fromBase64(base64);
  assert.ok(found !== undefined, base64);
  return found;
}

const hex = (value: Uint8Array): string => Buffer.from(value).toString("hex");
const ofHex = (text: string): Bytes => Uint8Array.from(Buffer.from(text, "hex"));

/** By OpenSSL's own way of reading a seed, which is not the one under test. */
function publicKeyOf(seed: Uint8Array): string {
  const key = createPrivateKey({ key: Buffer.concat([Buffer.from("302e020100300506032b656e04220420", "hex"), seed]), format: "der", type: "pkcs8" });
  return Buffer.from(String(createPublicKey(key).export({ format: "jwk" })["x"]), "base64url").toString("base64");
}

describe("the keys' way", () => {
  const client = privateJwkOf(Uint8Array.from(VECTOR.clientSeed), bytes(VECTOR.clientPub));
  const server = privateJwkOf(Uint8Array.from(VECTOR.serverSeed), bytes(VECTOR.serverPub));

  it("comes from known seeds to the known segment, step by step", async () => {
    assert.equal(publicKeyOf(VECTOR.clientSeed), VECTOR.clientPub);
    assert.equal(publicKeyOf(VECTOR.serverSeed), VECTOR.serverPub);
    assert.deepEqual([client.d, client.x], [VECTOR.clientJwk.d, VECTOR.clientJwk.x]);
    assert.equal(hex(await sharedSecret(client, bytes(VECTOR.serverPub))), VECTOR.sharedHex);
    assert.equal(hex(await sharedSecret(server, bytes(VECTOR.clientPub))), VECTOR.sharedHex);
    assert.equal(hex(await kekBytes(client, bytes(VECTOR.serverPub), bytes(VECTOR.serverNonce))), VECTOR.kekHex);
    const { videoId, rendition, segIdx } = VECTOR.segment;
    const dek = await deriveDek(Uint8Array.from(VECTOR.rootSecret), videoId, rendition, segIdx);
    assert.equal(hex(dek), VECTOR.dekHex);
    const kek = await deriveKek(server, bytes(VECTOR.clientPub), bytes(VECTOR.serverNonce));
    const wrapped = await wrapDek(kek, dek, "aes-gcm", bytes(VECTOR.wrapIv));
    assert.equal(toBase64(wrapped.wrappedDek), VECTOR.wrappedDek);
    assert.equal(toBase64(await sealSegment(dek, bytes(VECTOR.segmentIv), utf8(VECTOR.plain))), VECTOR.sealed);
    const opened = await openSegment(await unwrapDek(kek, { wrappedDek: bytes(VECTOR.wrappedDek), wrapIv: bytes(VECTOR.wrapIv) }), bytes(VECTOR.segmentIv), bytes(VECTOR.sealed));
    assert.equal(new TextDecoder().decode(opened), VECTOR.plain);
  });

  it("makes the known fingerprint of the known device", async () => {
    assert.equal(await deviceFingerprint(VECTOR.deviceFacts), VECTOR.deviceFingerprint);
  });

  it("wraps by RFC 3394 as the RFC's own example has it", async () => {
    const kek = await importKek(ofHex(KEY_WRAP_VECTOR.kekHex));
    const { wrappedDek, wrapIv } = await wrapDek(kek, ofHex(KEY_WRAP_VECTOR.dekHex), "aes-kw");
    assert.equal(hex(wrappedDek), KEY_WRAP_VECTOR.wrappedHex);
    assert.equal(wrapIv, undefined);
    const iv = randomBytes(12);
    const sealed = await sealSegment(ofHex(KEY_WRAP_VECTOR.dekHex), iv, utf8("a"));
    assert.equal(new TextDecoder().decode(await openSegment(await unwrapDek(kek, { wrappedDek }), iv, sealed)), "a");
  });

  it("gives each segment, rendition and video another key", async () => {
    const root = randomBytes(32);
    const keys = await Promise.all([["a", "x", 0], ["a", "x", 1], ["a", "y", 0], ["b", "x", 0], ["a", "x", -1]].map(([video, rendition, at]) => deriveDek(root, String(video), String(rendition), Number(at))));
    assert.equal(new Set(keys.map(hex)).size, 5);
    assert.deepEqual(await deriveDek(root, "a", "x", 0), keys[0]);
  });

  it("refuses a public key of small order, from which no secret comes", async () => {
    const { privateJwk } = await makeKeyPair();
    await assert.rejects(sharedSecret(privateJwk, new Uint8Array(32)));
    await assert.rejects(sharedSecret(privateJwk, new Uint8Array(31)), /Public key must be 32 bytes/);
    await assert.rejects(kekBytes(privateJwk, bytes(VECTOR.serverPub), new Uint8Array(11)), /Invalid server nonce length/);
  });

  for (const wrap of ["aes-gcm", "aes-kw"] as const) it(`opens nothing when a bit of the ${wrap} wrap, of the segment or of its tag is turned over, or the KEK is another session's`, async () => {
    const [kek, other] = await Promise.all([importKek(randomBytes(16)), importKek(randomBytes(16))]);
    const [dek, iv] = [randomBytes(16), randomBytes(12)];
    const wrapped = await wrapDek(kek, dek, wrap);
    const sealed = await sealSegment(dek, iv, utf8("some sound"));
    const turned = (value: Bytes, at: number): Bytes => value.map((byte, place) => (place === at ? byte ^ 1 : byte));
    for (let at = 0; at < wrapped.wrappedDek.length; at += 1) await assert.rejects(unwrapDek(kek, { ...wrapped, wrappedDek: turned(wrapped.wrappedDek, at) }));
    for (let at = 0; at < sealed.length; at += 1) await assert.rejects(unwrapDek(kek, wrapped).then((key) => openSegment(key, iv, turned(sealed, at))));
    await assert.rejects(unwrapDek(other, wrapped));
  });
});

describe("the sample for clients in other languages", () => {
  it("opens with what each line holds, in both wraps, and says what comes out", async () => {
    const wraps = new Set<boolean>();
    const sessions = new Set<string>();
    for await (const line of sealedSample(200)) {
      const own = privateJwkOf(bytes(line.clientPriv), bytes(line.clientPub));
      assert.equal(own.d, toBase64Url(bytes(line.clientPriv)));
      const kek = await deriveKek(own, bytes(line.serverPub), bytes(line.serverNonce));
      const dek = await unwrapDek(kek, { wrappedDek: bytes(line.wrappedDek), ...(line.wrapIv === undefined ? {} : { wrapIv: bytes(line.wrapIv) }) });
      const plain = await openSegment(dek, bytes(line.segmentIv), bytes(line.sealed));
      assert.equal(plain.length, line.bytes);
      assert.equal(createHash("sha256").update(plain).digest("hex"), line.sha256);
      wraps.add(line.wrapIv === undefined);
      sessions.add(line.clientPriv);
    }
    assert.equal(wraps.size, 2);
    assert.equal(sessions.size, 10);
  });
});

describe("base64", () => {
  it("is taken only with its padding and in the standard alphabet", () => {
    assert.deepEqual(fromBase64("AAE="), Uint8Array.of(0, 1));
    for (const text of ["AAE", "AAE=\n", "A-E_", "=AAA", "AA=A"]) assert.equal(fromBase64(text), undefined, text);
    const large = randomBytes(60_000);
    assert.deepEqual(fromBase64(toBase64(large)), large);
  });
});
