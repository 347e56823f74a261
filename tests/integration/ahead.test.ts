// Delivery behind the download: what is safe on the disk goes up while the rest is still on its way.
import assert from "node:assert/strict";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import type { Capture } from "../../extension-bridge/bridge/src/index.ts";
import type { LectureRow } from "../peers/backend/lecture-table.ts";
import type { MediaFile } from "../peers/media/media.ts";
import { idFrom, type Lecture } from "../peers/panopto/lecture.ts";
import type { Fault, FaultRule, FaultTarget } from "../peers/wire/fault.ts";
import type { RequestRecord } from "../peers/wire/record.ts";
import { assertFailed, assertNoLeak, sha256Of } from "./support/assertions.ts";
import { padded } from "./support/padded.ts";
import { OVER, type RunningHost } from "./support/running-host.ts";
import { Scene, type HostOptions } from "./support/scene.ts";

const MIB = 1024 * 1024;
const HELD_AT = 36 * MIB;

let scene: Scene;
let long: MediaFile;
before(async () => {
  scene = await Scene.open();
  long = await padded(scene.peers.media.short.audio, join(scene.home, "long.m4a"), 40 * MIB);
});
afterEach(async () => {
  await scene.rest();
  assertNoLeak(scene.peers);
});
after(() => scene.close());

const soundOf = (lecture: Lecture): string => `/sessions/${lecture.sessionId}/${idFrom("audioPodcast", lecture.deliveryId)}.mp4`;
const onSound = (lecture: Lecture, fault: Fault, target: FaultTarget = {}): FaultRule => scene.peers.cdn.fail(fault, { path: soundOf(lecture), ...target });

async function ready(options: HostOptions = {}): Promise<RunningHost> {
  const host = await scene.start(options);
  await host.signIn();
  await host.putToken();
  return host;
}

async function rowsOf(lecture: Lecture): Promise<LectureRow[]> {
  return (await scene.peers.backend.lectures()).filter(({ sourceUrl }) => sourceUrl.includes(lecture.deliveryId));
}

/** Started, the CDN holding the rest back, and bytes of it at the backend. */
async function ahead(host: RunningHost, lecture: Lecture, fault: Fault = { kind: "stall", afterBytes: HELD_AT }): Promise<{ readonly id: string; readonly held: FaultRule }> {
  const held = onSound(lecture, fault);
  const last = scene.peers.backend.requests.at(-1)?.sequence ?? 0;
  const { id } = await host.start(scene.peers.viewerUrl(lecture), { deliver: scene.toBackend, key: lecture.deliveryId });
  await scene.peers.backend.waitForRequest(({ sequence, method, bytesReceived }) => sequence > last && method === "PATCH" && bytesReceived > 0);
  return { id, held };
}

async function assertDelivered(done: Capture, lecture: Lecture): Promise<void> {
  assert.equal(done.state, "done", JSON.stringify(done.error));
  assert.equal(done.result?.confirmed, true);
  assert.equal(done.result.sha256, lecture.audio.sha256);
  const [row, ...more] = await rowsOf(lecture);
  assert.deepEqual(more, []);
  assert.equal(row?.status, "ready");
  assert.equal(row.sha256, lecture.audio.sha256);
  assert.equal(await sha256Of(scene.peers.backend.audioFile(row.id)), lecture.audio.sha256);
}

/** The requests by which a lecture's sound went up. */
async function uploadsOf(lecture: Lecture): Promise<RequestRecord[]> {
  const [row] = await rowsOf(lecture);
  const place = `/api/uploads/${row?.uploadId ?? "-"}`;
  return scene.peers.backend.requests.filter(({ method, path }) => method === "PATCH" && path === place);
}
const isStream = ({ headers }: { readonly headers: Readonly<Record<string, string>> }): boolean => headers["transfer-encoding"] === "chunked";

describe("a request that follows the download", () => {
  it("carries all of it, though it comes in pieces", async () => {
    const lecture = scene.lecture({ audio: long });
    const host = await ready();
    const { id, held } = await ahead(host, lecture);
    const meanwhile = await host.satisfies(id, ({ uploaded }) => (uploaded ?? 0) > 20 * MIB);
    assert.equal(meanwhile.state, "downloading");
    held.release();
    await assertDelivered(await host.reaches(id, OVER), lecture);
    const uploads = await uploadsOf(lecture);
    assert.equal(uploads.length, 1);
    assert.ok(uploads.every(isStream));
    assert.equal(uploads[0]?.headers["upload-checksum"], undefined);
    assert.equal(uploads[0]?.bytesReceived, long.bytes);
  });

  it("ends while the download is silent, and another goes on where it ended", async () => {
    const lecture = scene.lecture({ audio: long });
    const host = await ready();
    const { id, held } = await ahead(host, lecture);
    const first = await scene.peers.backend.waitForRequest((record) => record.method === "PATCH" && isStream(record) && record.outcome === "complete" && record.bytesReceived < long.bytes);
    assert.equal(first.status, 204);
    assert.equal((await host.bridge.captures.get(id)).state, "downloading");
    held.release();
    await assertDelivered(await host.reaches(id, OVER), lecture);
    const [, second, ...more] = await uploadsOf(lecture);
    assert.equal(Number(second?.headers["upload-offset"]), first.bytesReceived);
    assert.equal((second?.bytesReceived ?? 0) + first.bytesReceived, long.bytes);
    assert.deepEqual(more, []);
  });

  for (const status of [411, 413, 501]) {
    it(`is made once at a backend that takes no such body (${String(status)}), and then parts go there`, async () => {
      const lecture = scene.lecture({ audio: long });
      scene.peers.backend.fail({ kind: "status", status }, { method: "PATCH", when: isStream, times: 1000 });
      const host = await ready();
      await assertDelivered(await host.capture(scene.peers.viewerUrl(lecture), { deliver: scene.toBackend }), lecture);
      const uploads = await uploadsOf(lecture);
      assert.equal(uploads.filter(isStream).length, 1);
      assert.ok(uploads.length > 2);
      assert.ok(uploads.slice(1).every(({ headers }) => headers["content-length"] !== undefined));
    });
  }

  it("that breaks is followed by one from the byte at which the backend stands", async () => {
    const lecture = scene.lecture({ audio: long });
    scene.peers.backend.fail({ kind: "reset-request", afterBytes: 5 * MIB }, { method: "PATCH", when: isStream });
    const host = await ready();
    await assertDelivered(await host.capture(scene.peers.viewerUrl(lecture), { deliver: scene.toBackend }), lecture);
    const [first, second, ...more] = await uploadsOf(lecture);
    assert.equal(first?.outcome, "cut");
    const from = Number(second?.headers["upload-offset"]);
    assert.ok(from > 0 && from <= 5 * MIB);
    assert.equal(from + (second?.bytesReceived ?? 0), long.bytes);
    assert.deepEqual(more, []);
  });

  it("ends at once when the capture is cancelled while it pauses", async () => {
    const lecture = scene.lecture({ audio: long });
    const host = await ready();
    const { id, held } = await ahead(host, lecture);
    await host.satisfies(id, ({ uploaded }) => (uploaded ?? 0) > 20 * MIB);
    const uploads = await uploadsOf(lecture);
    await host.bridge.captures.cancel(id);
    held.release();
    assert.deepEqual(await rowsOf(lecture), []);
    assert.equal(uploads.length, 1);
    assert.ok((uploads[0]?.bytesReceived ?? 0) < long.bytes);
  });
});

describe("a delivery behind the download", () => {
  it("has bytes at the backend before the download is over, and is confirmed", async () => {
    const lecture = scene.lecture({ audio: long });
    const host = await ready();
    const { id, held } = await ahead(host, lecture);
    const meanwhile = await host.satisfies(id, ({ uploaded }) => (uploaded ?? 0) > 0);
    assert.equal(meanwhile.state, "downloading");
    assert.ok(meanwhile.done < long.bytes);
    held.release();
    const done = await host.reaches(id, OVER);
    await assertDelivered(done, lecture);
    assert.equal(done.uploaded, long.bytes);
  });

  it("asks nothing twice where all of it went up ahead", async () => {
    const lecture = scene.lecture({ audio: long });
    const host = await ready();
    const { id, held } = await ahead(host, lecture);
    held.release();
    await assertDelivered(await host.reaches(id, OVER), lecture);
    const [row] = await rowsOf(lecture);
    const asked = scene.peers.backend.requests.filter(({ path, headers }) => path.includes(row?.id ?? "-") || headers["idempotency-key"] === `auricle-${id}`);
    assert.deepEqual(asked.map(({ method, path }) => `${method} ${path}`), ["POST /api/lectures", `POST /api/lectures/${row?.id ?? ""}/complete`]);
  });

  it("goes on after a kill with the same lecture, registered once", async () => {
    const lecture = scene.lecture({ audio: long });
    const home = await scene.newHome();
    const first = await ready({ home });
    const { id, held } = await ahead(first, lecture);
    await first.satisfies(id, ({ uploaded }) => (uploaded ?? 0) > 0);
    const [row] = await rowsOf(lecture);
    assert.equal(row?.status, "uploading");
    await first.kill();
    held.release();
    const second = await ready({ home });
    const again = await second.start(scene.peers.viewerUrl(lecture), { deliver: scene.toBackend, key: lecture.deliveryId });
    assert.equal(again.id, id);
    const done = await second.reaches(id, OVER);
    await assertDelivered(done, lecture);
    assert.equal(done.result?.lecture, row.id);
  });

  it("begins anew where the source has changed in the middle", async () => {
    const lecture = scene.lecture({ audio: long });
    const host = await ready();
    onSound(lecture, { kind: "etag", what: "changed" }, { after: 1, times: 1000 });
    // What went up ahead is another file's: one of its bytes was not the same.
    onSound(lecture, { kind: "bit-flip", atByte: 5 * MIB });
    const { id, held } = await ahead(host, lecture);
    scene.peers.cdn.dropConnections();
    held.release();
    await assertDelivered(await host.reaches(id, OVER), lecture);
  });

  it("is reported failed, and leaves no lecture that is uploading, where the download fails for good", async () => {
    const lecture = scene.lecture({ audio: long, stream: "none" });
    const host = await ready();
    onSound(lecture, { kind: "status", status: 404 }, { after: 1, times: 1000 });
    const { id, held } = await ahead(host, lecture);
    scene.peers.cdn.dropConnections();
    held.release();
    assert.equal((await host.reaches(id, OVER)).state, "failed");
    await scene.peers.backend.waitForRequest(({ method, path }) => method === "PATCH" && path.startsWith("/api/lectures/"));
    assert.deepEqual((await rowsOf(lecture)).map(({ status }) => status), ["failed"]);
  });

  it("does not begin for what turns out to be no sound", async () => {
    const lecture = scene.lecture({ audio: scene.peers.lectures.random.audio, stream: "none" });
    const host = await ready();
    assertFailed(await host.capture(scene.peers.viewerUrl(lecture), { deliver: scene.toBackend }), "not_media");
    assert.deepEqual(await rowsOf(lecture), []);
  });

  it("does not begin where the file is too large and is to be made smaller first", async () => {
    const lecture = scene.lecture({ audio: long });
    const held = onSound(lecture, { kind: "stall", afterBytes: HELD_AT });
    const host = await ready({ config: { delivery: { maxBytes: MIB } } });
    const { id } = await host.start(scene.peers.viewerUrl(lecture), { deliver: scene.toBackend });
    await host.satisfies(id, ({ done }) => done >= HELD_AT - MIB);
    assert.deepEqual(await rowsOf(lecture), []);
    held.release();
    const done = await host.reaches(id, OVER);
    assert.equal(done.state, "done", JSON.stringify(done.error));
    assert.equal(done.result?.encodedFrom, long.bytes);
  });
});
