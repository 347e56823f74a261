// Sealed segments of random content and length, for clients in other languages: see README.md.
// node --import tsx sealed-sample.ts --count N --out FILE

import { createHash, randomInt } from "node:crypto";
import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { parseArgs } from "node:util";
import { fromBase64, toBase64 } from "./bytes.ts";
import type { Bytes } from "./bytes.ts";
import { IV_BYTES, NONCE_BYTES, ROOT_SECRET_BYTES, deriveDek, deriveKek, makeKeyPair, randomBytes, sealSegment, wrapDek } from "./primitives.ts";
import type { Kek } from "./primitives.ts";

export interface SealedLine {
  readonly clientPriv: string;
  readonly clientPub: string;
  readonly serverPub: string;
  readonly serverNonce: string;
  readonly videoId: string;
  readonly rendition: string;
  readonly segIdx: number;
  readonly wrappedDek: string;
  /** None: RFC 3394. */
  readonly wrapIv?: string;
  readonly segmentIv: string;
  readonly sealed: string;
  /** Of what must come out. */
  readonly bytes: number;
  /** lower-case hex */
  readonly sha256: string;
}

const SEGMENTS_A_SESSION = 20;
const MOST_BYTES = 4096;
const BLOCK = 16;

interface SampleSession {
  readonly said: Pick<SealedLine, "clientPriv" | "clientPub" | "serverPub" | "serverNonce">;
  readonly kek: Kek;
  readonly rootSecret: Bytes;
}

async function newSession(): Promise<SampleSession> {
  const [client, server] = await Promise.all([makeKeyPair(), makeKeyPair()]);
  const serverNonce = randomBytes(NONCE_BYTES);
  const clientPriv = fromBase64(Buffer.from(client.privateJwk.d, "base64url").toString("base64")) ?? new Uint8Array();
  const said = { clientPriv: toBase64(clientPriv), clientPub: toBase64(client.publicKey), serverPub: toBase64(server.publicKey), serverNonce: toBase64(serverNonce) };
  return { said, kek: await deriveKek(server.privateJwk, client.publicKey, serverNonce), rootSecret: randomBytes(ROOT_SECRET_BYTES) };
}

/** Lengths around the ends of a cipher's block, and nothing at all, come more often than chance would have them. */
function anyLength(): number {
  const near = BLOCK * randomInt(8) + randomInt(3) - 1;
  return randomInt(4) === 0 ? Math.max(0, near) : randomInt(MOST_BYTES);
}

export async function* sealedSample(count: number): AsyncGenerator<SealedLine> {
  let session = await newSession();
  for (let at = 0; at < count; at += 1) {
    if (at % SEGMENTS_A_SESSION === 0) session = await newSession();
    const [videoId, rendition, segIdx] = [`vid_${String(randomInt(1000))}`, randomInt(2) === 0 ? "360p" : "720p", randomInt(100_000)];
    const dek = await deriveDek(session.rootSecret, videoId, rendition, segIdx);
    const { wrappedDek, wrapIv } = await wrapDek(session.kek, dek, randomInt(2) === 0 ? "aes-gcm" : "aes-kw");
    const [plain, segmentIv] = [randomBytes(anyLength()), randomBytes(IV_BYTES)];
    const sealed = await sealSegment(dek, segmentIv, plain);
    yield {
      ...session.said, videoId, rendition, segIdx, wrappedDek: toBase64(wrappedDek), ...(wrapIv === undefined ? {} : { wrapIv: toBase64(wrapIv) }),
      segmentIv: toBase64(segmentIv), sealed: toBase64(sealed), bytes: plain.length, sha256: createHash("sha256").update(plain).digest("hex"),
    };
  }
}

/** Resolves when the file is whole. */
export async function writeSealedSample(count: number, file: string): Promise<void> {
  const out = createWriteStream(file);
  for await (const line of sealedSample(count)) if (!out.write(`${JSON.stringify(line)}\n`)) await once(out, "drain");
  out.end();
  await once(out, "close");
}

if (process.argv[1] !== undefined && import.meta.url === new URL(process.argv[1], "file:///").href) {
  const { values } = parseArgs({ options: { count: { type: "string", default: "10000" }, out: { type: "string" } } });
  if (values.out === undefined) {
    process.stderr.write("usage: sealed-sample.ts [--count N] --out FILE\n");
    process.exitCode = 2;
  } else await writeSealedSample(Number(values.count), values.out);
}
