// A lecture in parts, straight into an object store that the backend has signed addresses for: s3rver behind the reference backend.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import type { Capture } from "../../extension-bridge/bridge/src/index.ts";
import { ReferenceBackend } from "../peers/backend/backend.ts";
import type { LectureRow } from "../peers/backend/lecture-table.ts";
import type { Mischief } from "../peers/backend/mischief.ts";
import type { Lecture } from "../peers/panopto/lecture.ts";
import { TestStore } from "../peers/store/store.ts";
import { ask } from "../peers/wire/client.ts";
import type { Fault, FaultTarget } from "../peers/wire/fault.ts";
import type { RequestRecord } from "../peers/wire/record.ts";
import { assertFailed, assertNoLeak } from "./support/assertions.ts";
import { OVER, type RunningHost } from "./support/running-host.ts";
import { Scene, type HostOptions } from "./support/scene.ts";

const PART_BYTES = 10_000;

let scene: Scene;
let store: TestStore;
/** Its addresses for parts lead to the store, at another origin than its own. */
let backend: ReferenceBackend;
before(async () => {
  scene = await Scene.open();
  store = await TestStore.open(join(scene.home, "store"));
  backend = await ReferenceBackend.start({ dir: join(scene.home, "with-store"), store: store.access(PART_BYTES) });
});
afterEach(async () => {
  backend.clearFaults();
  store.clearFaults();
  await scene.rest();
  assertNoLeak(scene.peers);
  assert.ok(scene.peers.site.secrets().every((secret) => !backend.receivedContains(secret)));
  assert.equal(backend.failure, undefined);
  assert.equal(store.failure, undefined);
});
after(async () => {
  await backend.stop();
  await store.stop();
  await scene.close();
});

async function ready(options: HostOptions = {}): Promise<RunningHost> {
  const host = await scene.start(options);
  await host.signIn();
  await host.bridge.putBearer({ origin: backend.origin, token: backend.token });
  return host;
}

const to = (api: "auto" | "tus" | "presigned" = "presigned") => ({ to: "backend", origin: backend.origin, api }) as const;
const sent = (host: RunningHost, lecture: Lecture, api: "auto" | "tus" | "presigned" = "presigned"): Promise<Capture> => host.capture(scene.peers.viewerUrl(lecture), { deliver: to(api) });
const onPart = (fault: Fault, target: FaultTarget = {}) => store.fail(fault, { method: "PUT", ...target });
const onJoin = (fault: Fault, target: FaultTarget = {}) => backend.fail(fault, { method: "POST", path: /\/parts$/, ...target });
const partsOf = (lecture: Lecture): number => Math.ceil(lecture.audio.bytes / PART_BYTES);
const byHost = ({ headers }: RequestRecord): boolean => headers["user-agent"]?.startsWith("Auricle/") ?? false;
/** What the host put there, the backend's own requests left out. */
const partsSent = (): RequestRecord[] => store.requests.filter((record) => record.method === "PUT" && byHost(record));

async function atBackend(lecture: Lecture): Promise<LectureRow[]> {
  return (await backend.lectures()).filter(({ sourceUrl }) => sourceUrl.includes(lecture.deliveryId));
}

/** Confirmed, registered once, and byte for byte what the lecture's sound is. */
async function assertDelivered(capture: Capture, lecture: Lecture): Promise<void> {
  assert.equal(capture.state, "done", JSON.stringify(capture.error));
  assert.equal(capture.result?.confirmed, true);
  const [row, ...more] = await atBackend(lecture);
  assert.ok(row !== undefined);
  assert.deepEqual(more, []);
  assert.deepEqual([row.status, row.id, row.sha256, row.uploadProtocol], ["ready", capture.result.lecture, lecture.audio.sha256, "presigned"]);
  const audio = await ask({ port: backend.port }, `${backend.origin}/api/lectures/${row.id}/audio`, { headers: { authorization: `Bearer ${backend.token}` } });
  const stored = audio.status === 200 ? audio : await ask({ port: store.port }, String(audio.headers.location));
  assert.equal(createHash("sha256").update(stored.body).digest("hex"), lecture.audio.sha256);
}

describe("a lecture in presigned parts", () => {
  it("arrives whole, in parts of the size that was asked for, and is confirmed", async () => {
    const lecture = scene.lecture();
    const from = partsSent().length;
    const done = await sent(await ready(), lecture);
    await assertDelivered(done, lecture);
    const parts = partsSent().slice(from);
    assert.equal(parts.length, partsOf(lecture));
    assert.equal(parts.reduce((sum, { bytesReceived }) => sum + bytesReceived, 0), lecture.audio.bytes);
    for (const { headers, bytesReceived, protocol } of parts) {
      assert.equal(Number(headers["content-length"]), bytesReceived);
      assert.ok(bytesReceived <= PART_BYTES);
      assert.equal(headers["transfer-encoding"], undefined);
      assert.equal(protocol, "http/1.1");
    }
    assert.equal(done.uploaded, lecture.audio.bytes);
    assert.deepEqual(await store.uploadsUnderWay(), []);
  });

  it("goes to the store without the token and without a cookie", async () => {
    const lecture = scene.lecture();
    await assertDelivered(await sent(await ready(), lecture), lecture);
    for (const { headers, path } of partsSent()) {
      assert.equal(headers["authorization"], undefined);
      assert.equal(headers["cookie"], undefined);
      assert.ok(!path.includes(backend.token));
    }
  });

  it("is several parts at once, and never more than four", async () => {
    const lecture = scene.lecture();
    onPart({ kind: "silence" }, { times: 4 });
    const from = partsSent().length;
    const host = await ready();
    const fourth = store.waitForRequest((record) => byHost(record) && partsSent().length - from === 4);
    const { id } = await host.start(scene.peers.viewerUrl(lecture), { deliver: to() });
    await fourth;
    await host.bridge.request("vault.status", {});
    assert.equal(partsSent().length - from, 4);
    store.clearFaults();
    await assertDelivered(await host.reaches(id, OVER), lecture);
  });

  it("is spoken of nowhere: no address of a part is in a frame, a journal or the log", async () => {
    const lecture = scene.lecture();
    onPart({ kind: "status", status: 400 });
    const host = await ready({ config: { log: { level: "debug" } } });
    assertFailed(await sent(host, lecture), "upload_rejected");
    await host.leave();
    const files = await scene.filesLeft();
    const ours = files.filter((file) => !file.startsWith(join(scene.home, "store")) && !file.startsWith(join(scene.home, "with-store")));
    const said = Buffer.concat([Buffer.from(JSON.stringify(host.frames)), ...(await Promise.all(ours.map((file) => scene.read(file))))]).toString("latin1");
    for (const word of ["X-Amz-", "uploadId", "/lectures/lectures/"]) assert.ok(!said.includes(word), word);
  });

  it("is not what a backend without a store can be made to take", async () => {
    const host = await scene.start();
    await host.signIn();
    await host.putToken();
    const failed = await host.capture(scene.peers.viewerUrl(scene.lecture()), { deliver: { to: "backend", origin: scene.peers.backend.origin, api: "presigned" } });
    assertFailed(failed, "upload_rejected");
  });

  for (const api of ["auto", "tus"] as const) {
    it(`is what the backend chooses, or not, with ${api}`, async () => {
      const lecture = scene.lecture();
      const done = await sent(await ready(), lecture, api);
      assert.equal(done.state, "done", JSON.stringify(done.error));
      assert.equal(done.result?.confirmed, true);
      assert.equal((await atBackend(lecture))[0]?.uploadProtocol, api === "tus" ? "tus" : "presigned");
    });
  }
});

describe("an upload in parts that is disturbed is whole in the end", () => {
  const wire: [string, () => unknown][] = [
    ["when a part meets 500", () => onPart({ kind: "status", status: 500, retryAfter: 0 }, { times: 2 })],
    ["when a part meets 503", () => onPart({ kind: "status", status: 503, retryAfter: 0 }, { times: 2, after: 1 })],
    ["when a part meets 429", () => onPart({ kind: "status", status: 429, retryAfter: 0 })],
    ["when a part is cut on its way", () => onPart({ kind: "reset-request", afterBytes: 3_000 }, { times: 2 })],
    ["when the answer to a part is cut", () => onPart({ kind: "drop", afterBytes: 0 })],
    ["when the addresses have expired (403)", () => onPart({ kind: "status", status: 403 }, { after: 2 })],
    ["when the upload is gone (404)", () => onPart({ kind: "status", status: 404 }, { after: 2 })],
    ["when joining meets 502", () => onJoin({ kind: "status", status: 502, retryAfter: 0 }, { times: 2 })],
    ["when the answer to joining is cut", () => onJoin({ kind: "drop", afterBytes: 0 })],
    ["when other parts have arrived than are named (409)", () => onJoin({ kind: "status", status: 409 })],
    ["when completing meets 503", () => backend.fail({ kind: "status", status: 503, retryAfter: 0 }, { method: "POST", path: /\/complete$/ })],
  ];
  for (const [name, order] of wire) {
    it(name, async () => {
      const lecture = scene.lecture();
      order();
      const underWay = await store.uploadsUnderWay();
      await assertDelivered(await sent(await ready(), lecture), lecture);
      assert.deepEqual(await store.uploadsUnderWay(), underWay);
    });
  }

  it("when the store forgets the upload before its parts are joined", async () => {
    const lecture = scene.lecture();
    const rule = onJoin({ kind: "silence" });
    const held = backend.waitForRequest(({ faults }) => faults.includes("silence"));
    const host = await ready();
    const { id } = await host.start(scene.peers.viewerUrl(lecture), { deliver: to() });
    await held;
    await store.abortAll();
    rule.release();
    await assertDelivered(await host.reaches(id, OVER), lecture);
  });

  const behind: [string, Mischief, number][] = [["when a bit turns over at the store, twice", { kind: "flip-stored" }, 2]];
  for (const [name, mischief, times] of behind) {
    it(name, async () => {
      const lecture = scene.lecture();
      backend.misbehave(mischief, times);
      await assertDelivered(await sent(await ready(), lecture), lecture);
    });
  }

  it("when the host ends in the middle of it: the next one goes on with the same lecture", async () => {
    const lecture = scene.lecture();
    onPart({ kind: "silence" }, { times: 9 });
    const first = await ready();
    const from = partsSent().length;
    const held = store.waitForRequest((record) => byHost(record) && partsSent().length > from);
    const { id } = await first.start(scene.peers.viewerUrl(lecture), { deliver: to() });
    await held;
    await first.leave();
    store.clearFaults();
    const second = await ready();
    await second.bridge.captures.retry(id);
    await assertDelivered(await second.reaches(id, OVER), lecture);
  });
});

describe("an upload in parts that is refused", () => {
  const rows: [string, () => unknown, Parameters<typeof assertFailed>[1], RegExp][] = [
    ["for a part (400)", () => onPart({ kind: "status", status: 400 }), "upload_rejected", /400/],
    ["for its size (413)", () => onPart({ kind: "status", status: 413 }), "too_large", /larger/],
    ["by a redirect", () => onPart({ kind: "redirect", to: ["https://stranger.example/up"], status: 307 }), "upload_rejected", /redirect/],
    ["by addresses that are always expired (403)", () => onPart({ kind: "status", status: 403 }, { times: 99 }), "upload_rejected", /again and again/],
    ["by a busy store for ever", () => onPart({ kind: "status", status: 503, retryAfter: 0 }, { times: 999 }), "network", /again/],
    ["by joining that leads elsewhere", () => backend.misbehave({ kind: "foreign-upload-url", url: "https://stranger.example/join" }), "upload_rejected", /not its own/],
    ["by another digest again and again", () => backend.misbehave({ kind: "flip-stored" }, 3), "upload_rejected", /not what was sent/],
  ];
  for (const [name, order, kind, words] of rows) {
    it(`${name} fails as ${kind}, in words`, async () => {
      const lecture = scene.lecture();
      order();
      const strangers = scene.peers.stranger.requests.length;
      const host = await ready();
      const failed = await sent(host, lecture);
      assertFailed(failed, kind);
      assert.match(failed.error?.message ?? "", words);
      assert.equal(scene.peers.stranger.requests.length, strangers);
      // A signature that has expired is no matter of the person's token.
      assert.deepEqual(host.wanted, []);
    });
  }
});

describe("an upload in parts that is given up", () => {
  for (const how of ["cancel", "remove"] as const) {
    it(`(${how}) ends its parts and leaves nothing at the backend or the store`, async () => {
      const lecture = scene.lecture();
      onPart({ kind: "silence" }, { times: 9 });
      const host = await ready();
      const from = partsSent().length;
      const held = store.waitForRequest((record) => byHost(record) && partsSent().length > from);
      const { id } = await host.start(scene.peers.viewerUrl(lecture), { deliver: to() });
      await held;
      const objects = await store.objectCount();
      const underWay = await store.uploadsUnderWay();
      const [row] = await atBackend(lecture);
      assert.ok(underWay.length > 0 && row !== undefined);
      await host.bridge.captures[how](id);
      assert.deepEqual(await atBackend(lecture), []);
      assert.equal((await store.uploadsUnderWay()).length, underWay.length - 1);
      assert.equal(await store.objectCount(), objects);
    });
  }
});
