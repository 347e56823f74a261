import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { readRecording, type AudioPiece } from "../src/recording.ts";
import { ChannelError, HostError } from "../src/errors.ts";
import type { CaptureAudioParams, CaptureAudioResult } from "../src/protocol.ts";
import { refusal } from "../testing/fake-host.ts";
import { validateTraffic } from "../testing/index.ts";
import { stage } from "./support.ts";

const SOUND = randomBytes(10_500);
const MOST = 1000;

interface Asked extends CaptureAudioParams {
  answer(): void;
  refuse(error: Error): void;
}

function pieceOf({ offset, length = MOST }: CaptureAudioParams, sound = SOUND): CaptureAudioResult {
  return { offset, data: sound.subarray(offset, offset + Math.min(length, MOST)).toString("base64"), total: sound.length, mimeType: "audio/mp4" };
}

/** Questions are answered as they come, unless `answersItself` is false. */
function reader(answersItself = true, answer: (params: CaptureAudioParams) => CaptureAudioResult = pieceOf) {
  const asked: Asked[] = [];
  const ask = (params: CaptureAudioParams): Promise<CaptureAudioResult> =>
    new Promise((resolve, reject) => {
      asked.push({ ...params, answer: () => resolve(answer(params)), refuse: reject });
      if (answersItself) asked.at(-1)?.answer();
    });
  return { asked, ask };
}

async function collected(pieces: AsyncIterable<AudioPiece>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const { bytes } of pieces) parts.push(bytes);
  return Buffer.concat(parts);
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("a piece is asked of the host, and its bytes are given", async () => {
  const { bridge, host } = stage();
  host.answers["capture.audio"] = (params) => ({ result: pieceOf(params as unknown as CaptureAudioParams) });
  await bridge.connect();
  const { bytes, ...said } = await bridge.captures.audio("c1", { offset: 10, length: 5 });
  assert.deepEqual(said, { offset: 10, total: SOUND.length, mimeType: "audio/mp4" });
  assert.deepEqual(Buffer.from(bytes), SOUND.subarray(10, 15));
  assert.deepEqual(host.asked.at(-1)?.params, { id: "c1", offset: 10, length: 5 });
  assert.deepEqual(validateTraffic(host.traffic), []);
});

test("the host's refusal says what to do", async () => {
  const { bridge, host } = stage();
  host.answers["capture.audio"] = () => refusal("not_found", "It is gone. Capture it again.");
  await bridge.connect();
  await assert.rejects(bridge.captures.audio("c1"), (error: unknown) => error instanceof HostError && error.kind === "not_found" && error.message === "It is gone. Capture it again.");
});

test("the whole recording comes in order and without a gap", async () => {
  const { bridge, host } = stage();
  host.answers["capture.audio"] = (params) => ({ result: pieceOf(params as unknown as CaptureAudioParams) });
  await bridge.connect();
  assert.deepEqual(await collected(bridge.captures.recording("c1")), SOUND);
  assert.deepEqual(await collected(bridge.captures.recording("c1", { from: 4321 })), SOUND.subarray(4321));
  assert.deepEqual(await collected(bridge.captures.recording("c1", { from: SOUND.length })), Buffer.alloc(0));
});

test("some pieces are asked for ahead, and no more", async () => {
  const { asked, ask } = reader(false);
  const whole = collected(readRecording(ask, "c1", { ahead: 3 }));
  await turn();
  assert.deepEqual(asked.map(({ offset }) => offset), [0], "how large a piece is, the first one tells");
  asked[0]?.answer();
  await turn();
  assert.deepEqual(asked.map(({ offset }) => offset), [0, 1000, 2000, 3000]);
  // Answers may come in any order.
  asked[3]?.answer();
  asked[2]?.answer();
  await turn();
  assert.equal(asked.length, 4);
  asked[1]?.answer();
  await turn();
  assert.deepEqual(asked.map(({ offset }) => offset), [0, 1000, 2000, 3000, 4000, 5000, 6000]);
  for (let n = 4; n < 11; n++) {
    asked[n]?.answer();
    await turn();
  }
  assert.deepEqual(await whole, SOUND);
  assert.equal(asked.length, 11);
});

test("a piece that is shorter than was asked for leaves no gap", async () => {
  const short = new Set([2000, 5500]);
  const { ask } = reader(true, (params) => pieceOf(short.delete(params.offset) ? { ...params, length: 500 } : params));
  assert.deepEqual(await collected(readRecording(ask, "c1")), SOUND);
});

test("a recording that is replaced while it is read is not mixed with the old one", async () => {
  const { ask } = reader(true, (params) => pieceOf(params, params.offset < 3000 ? SOUND : SOUND.subarray(1)));
  await assert.rejects(collected(readRecording(ask, "c1")), (error: unknown) => error instanceof HostError && error.kind === "not_found");
});

test("a piece without a byte ends the reading, not the browser", async () => {
  const { ask } = reader(true, (params) => (params.offset < 3000 ? pieceOf(params) : { ...pieceOf(params), data: "" }));
  await assert.rejects(collected(readRecording(ask, "c1")), HostError);
});

test("what has come before a failure stays good", async () => {
  const { asked, ask } = reader(false);
  const parts: Buffer[] = [];
  const read = async (from: number): Promise<void> => {
    for await (const { bytes } of readRecording(ask, "c1", { from })) parts.push(Buffer.from(bytes));
  };
  const broken = read(0);
  const failed = assert.rejects(broken, ChannelError);
  for (let n = 0; n < 4; n++) {
    await turn();
    asked[n]?.answer();
  }
  await turn();
  for (const one of asked) one.refuse(ChannelError.of("lost"));
  await failed;
  const there = Buffer.concat(parts).length;
  assert.equal(there, 4000);
  const rest = read(there);
  for (let n = 0; n < asked.length || n < 20; n++) {
    asked[n]?.answer();
    await turn();
  }
  await rest;
  assert.deepEqual(Buffer.concat(parts), SOUND);
});

test("an abort ends it at once, with the reason", async () => {
  const { asked, ask } = reader(false);
  const stop = new AbortController();
  const whole = collected(readRecording(ask, "c1", { signal: stop.signal }));
  await turn();
  stop.abort(new Error("another one is played"));
  await assert.rejects(whole, /another one is played/);
  assert.equal(asked.length, 1);
  await assert.rejects(collected(readRecording(ask, "c1", { signal: stop.signal })), /another one/);
  assert.equal(asked.length, 1);
});
