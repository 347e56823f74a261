// What must be true of every capture that ends, whatever happened on its way.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import type { Capture, ErrorKind, Fault } from "../../../extension-bridge/bridge/src/index.ts";
import { HostError } from "../../../extension-bridge/bridge/src/index.ts";
import type { MediaFile } from "../../peers/media/media.ts";
import type { Peers } from "../../peers/peers.ts";

export async function sha256Of(file: string): Promise<string> {
  return createHash("sha256").update(await readFile(file)).digest("hex");
}

/** Done, and what lies in the folder is byte for byte the lecture's sound. */
export async function assertSaved(capture: Capture, audio: MediaFile): Promise<string> {
  assert.equal(capture.state, "done", JSON.stringify(capture.error));
  assert.equal(capture.error, undefined);
  assert.equal(capture.result?.sha256, audio.sha256);
  assert.equal(capture.result.bytes, audio.bytes);
  const file = capture.result.file ?? "";
  assert.equal(await sha256Of(file), audio.sha256);
  return file;
}

/** Something that can be shown to a person: a sentence or two, without an address' query, a path of ours or a piece of JSON. */
export function assertSentence(text: string): void {
  assert.match(text, /^["'\p{Lu}\p{Ll}].{15,600}[.!?]$/su, text);
  assert.doesNotMatch(text, /[{}\n]|\?\w+=|undefined|null|std::|Signature=/, text);
}

export function assertFault(fault: Fault | undefined, kind: ErrorKind): void {
  assert.equal(fault?.data.kind, kind, JSON.stringify(fault));
  assertSentence(fault.message);
}

/** Failed with this kind and a readable sentence. */
export function assertFailed(capture: Capture, kind: ErrorKind): void {
  assert.equal(capture.state, "failed", JSON.stringify({ state: capture.state, error: capture.error }));
  assertFault(capture.error, kind);
}

/** The request itself is refused with this kind. */
export async function assertRefused(asking: Promise<unknown>, kind: ErrorKind, path?: string): Promise<HostError> {
  const refusal = await asking.then(
    () => assert.fail(`it was not refused as ${kind}`),
    (error: unknown) => error,
  );
  assert.ok(refusal instanceof HostError, String(refusal));
  assert.equal(refusal.kind, kind, refusal.message);
  assertSentence(refusal.message);
  if (path !== undefined) assert.equal(refusal.data.path, path);
  return refusal;
}

/** No secret of the site has reached anybody but the site. */
export function assertNoLeak(peers: Peers): void {
  assert.deepEqual(peers.cdn.leaks, []);
  const { cookiesAtCdn, cookiesAtStranger, cookiesAtBackend, personalDataAtBackend } = peers.counters();
  assert.deepEqual({ cookiesAtCdn, cookiesAtStranger, cookiesAtBackend, personalDataAtBackend }, { cookiesAtCdn: 0, cookiesAtStranger: 0, cookiesAtBackend: 0, personalDataAtBackend: 0 });
  assert.deepEqual(peers.idp.requests.filter(({ cookie }) => cookie !== undefined), []);
}
