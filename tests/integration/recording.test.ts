// What a capture delivered, read again in pieces: from its folder, from its backend, and why it cannot be.
import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { appendFile, mkdir, rename, rm, symlink, truncate, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { ChannelError, type Capture, type Delivery } from "../../extension-bridge/bridge/src/index.ts";
import { COURSES, ReferenceBackend } from "../peers/backend/backend.ts";
import { FastApiBackend } from "../peers/fastapi/fastapi.ts";
import type { Lecture } from "../peers/panopto/lecture.ts";
import { TestStore } from "../peers/store/store.ts";
import type { Fault } from "../peers/wire/fault.ts";
import type { RequestRecord } from "../peers/wire/record.ts";
import { assertNoLeak, assertRefused, assertSaved } from "./support/assertions.ts";
import type { RunningHost } from "./support/running-host.ts";
import { Scene, type HostOptions } from "./support/scene.ts";

const COURSE = COURSES[0]?.id ?? "";

let scene: Scene;
before(async () => {
  scene = await Scene.open();
});
afterEach(async () => {
  await scene.rest();
  assertNoLeak(scene.peers);
});
after(() => scene.close());

async function ready(options: HostOptions = {}): Promise<RunningHost> {
  const host = await scene.start(options);
  await host.signIn();
  await host.putToken();
  return host;
}

async function done(host: RunningHost, lecture: Lecture, deliver: Delivery = { to: "folder" }): Promise<Capture> {
  const capture = await host.capture(scene.peers.viewerUrl(lecture), { deliver });
  assert.equal(capture.state, "done", JSON.stringify(capture.error));
  return capture;
}

/** All of it, as a player gets it. */
async function heard(host: RunningHost, { id }: Capture): Promise<{ sha256: string; mimeType: string }> {
  const digest = createHash("sha256");
  let mimeType = "";
  for await (const piece of host.bridge.captures.recording(id)) {
    digest.update(piece.bytes);
    mimeType = piece.mimeType;
  }
  return { sha256: digest.digest("hex"), mimeType };
}

describe("a recording in a folder", () => {
  it("is given back whole, and in pieces as they are asked for", async () => {
    const host = await ready();
    const lecture = scene.lecture();
    const capture = await done(host, lecture);
    assert.deepEqual(await heard(host, capture), { sha256: lecture.audio.sha256, mimeType: "audio/mp4" });
    const file = await scene.read(capture.result?.file ?? "");
    const piece = await host.bridge.captures.audio(capture.id, { offset: 1000, length: 77 });
    assert.deepEqual(Buffer.from(piece.bytes), file.subarray(1000, 1077));
    assert.equal(piece.total, file.length);
    const last = await host.bridge.captures.audio(capture.id, { offset: file.length - 5 });
    assert.deepEqual(Buffer.from(last.bytes), file.subarray(-5));
    assert.equal((await host.bridge.captures.audio(capture.id, { offset: file.length })).bytes.length, 0);
    await assertRefused(host.bridge.captures.audio(capture.id, { offset: file.length + 1 }), "bad_params", "/offset");
  });

  it("is still given by a host that was started later", async () => {
    const lecture = scene.lecture();
    const first = await ready();
    const capture = await done(first, lecture);
    await first.leave();
    assert.equal((await heard(await scene.start(), capture)).sha256, lecture.audio.sha256);
  });

  it("is not given while it is under way, nor after it was cancelled", async () => {
    const host = await ready();
    const lecture = scene.lecture();
    const path = new URL(scene.peers.cdn.podcastUrl(lecture, "audioPodcast", "")).pathname;
    const rule = scene.peers.cdn.fail({ kind: "stall", afterBytes: 1000 }, { method: "GET", path });
    const { id } = await host.start(scene.peers.viewerUrl(lecture), { deliver: { to: "folder" } });
    await host.reaches(id, ["downloading"]);
    const refusal = await assertRefused(host.bridge.captures.audio(id), "not_ready_yet");
    assert.equal(refusal.retryable, true);
    await host.bridge.captures.cancel(id);
    rule.release();
    await assertRefused(host.bridge.captures.audio(id), "not_found");
    await host.bridge.captures.remove(id);
    await assertRefused(host.bridge.captures.audio(id), "unknown_capture");
  });

  const changes: readonly (readonly [string, (file: string) => Promise<unknown>])[] = [
    ["deleted", (file) => rm(file)],
    ["moved", (file) => rename(file, `${file}.elsewhere`)],
    ["made longer", (file) => appendFile(file, "x")],
    ["cut short", (file) => truncate(file, 1000)],
    ["replaced by a link to a file of its size", async (file) => {
      await rename(file, `${file}.elsewhere`);
      await symlink(`${file}.elsewhere`, file);
    }],
    ["replaced by a folder", async (file) => {
      await rm(file);
      await mkdir(file);
    }],
    ["deleted with its folder", (file) => rm(dirname(file), { recursive: true })],
  ];
  for (const [what, change] of changes) {
    it(`is not given when the file was ${what}`, async () => {
      const host = await ready();
      const lecture = scene.lecture();
      const capture = await done(host, lecture, { to: "folder", subfolder: what.replaceAll(" ", "-") });
      const file = await assertSaved(capture, lecture.audio);
      await change(file);
      const refusal = await assertRefused(host.bridge.captures.audio(capture.id), "not_found");
      assert.match(refusal.message, /is no longer .*capture it again\.$/);
      assert.equal(refusal.retryable, false);
    });
  }

  it("does not keep the host from answering others", async () => {
    const host = await ready();
    const capture = await done(host, scene.lecture());
    const order: string[] = [];
    await Promise.all([
      ...Array.from({ length: 20 }, () => host.bridge.captures.audio(capture.id).then(() => order.push("piece"))),
      host.bridge.request("vault.status", {}).then(() => order.push("status")),
    ]);
    assert.ok(order.indexOf("status") < 20, order.join(" "));
  });
});

describe("a recording at a study backend", () => {
  const audioAsked = (since: number): RequestRecord[] => scene.peers.backend.requests.slice(since).filter(({ path }) => path.endsWith("/audio"));
  const onAudio = (fault: Fault) => scene.peers.backend.fail(fault, { method: "GET", path: /\/audio$/, times: Infinity });

  it("is asked for in ranges, with its token", async () => {
    const host = await ready();
    const lecture = scene.lecture();
    const capture = await done(host, lecture, scene.toBackend);
    const since = scene.peers.backend.requests.length;
    assert.deepEqual(await heard(host, capture), { sha256: lecture.audio.sha256, mimeType: "audio/mp4" });
    const piece = await host.bridge.captures.audio(capture.id, { offset: 1000, length: 77 });
    assert.equal(piece.bytes.length, 77);
    const asked = audioAsked(since);
    assert.ok(asked.length >= 2);
    for (const { status, authorization, headers } of asked) {
      assert.equal(status, 206);
      assert.equal(authorization, `Bearer ${scene.peers.backend.token}`);
      assert.match(headers["range"] ?? "", /^bytes=\d+-\d+$/);
    }
    assert.equal(asked.at(-1)?.bytesSent, 77);
    await assertRefused(host.bridge.captures.audio(capture.id, { offset: piece.total + 1 }), "bad_params", "/offset");
    assert.equal((await host.bridge.captures.audio(capture.id, { offset: piece.total })).bytes.length, 0);
  });

  for (const [what, fault] of [["only gives the whole", { kind: "ignore-range" }], ["does not say how long it is", { kind: "no-length" }]] as const) {
    it(`is given in pieces by one that ${what}`, async () => {
      const host = await ready();
      const lecture = scene.lecture();
      const capture = await done(host, lecture, scene.toBackend);
      onAudio(fault);
      assert.equal((await heard(host, capture)).sha256, lecture.audio.sha256);
      const piece = await host.bridge.captures.audio(capture.id, { offset: 1000, length: 77 });
      assert.deepEqual(Buffer.from(piece.bytes), (await scene.read(scene.peers.backend.audioFile(capture.result?.lecture ?? ""))).subarray(1000, 1077));
    });
  }

  for (const what of ["start", "absent"] as const) {
    it(`is not believed with a range whose ${what} is wrong`, async () => {
      const host = await ready();
      const capture = await done(host, scene.lecture(), scene.toBackend);
      onAudio({ kind: "wrong-range", what });
      await assertRefused(heard(host, capture), "network");
    });
  }

  const answers: readonly (readonly [number, string, RegExp, boolean])[] = [
    [401, "backend_unauthorized", /enter a new token in Auricle's settings/, false],
    [403, "backend_unauthorized", /enter a new token in Auricle's settings/, false],
    [404, "not_found", /does not give this recording back\. Listen to it there/, false],
    [405, "not_found", /does not give this recording back\. Listen to it there/, false],
    [429, "rate_limited", /./, true],
    [503, "network", /could not answer just now/, true],
  ];
  for (const [status, kind, words, isRetryable] of answers) {
    it(`answered by ${String(status)} has a sentence of its own`, async () => {
      const host = await ready();
      const capture = await done(host, scene.lecture(), scene.toBackend);
      onAudio({ kind: "status", status, type: "application/json", body: '{"detail":"Because of the moon"}' });
      const refusal = await assertRefused(host.bridge.captures.audio(capture.id), kind as "not_found");
      assert.match(refusal.message, words);
      assert.equal(refusal.retryable, isRetryable);
    });
  }

  it("is not taken for a page to sign in", async () => {
    const host = await ready();
    const capture = await done(host, scene.lecture(), scene.toBackend);
    onAudio({ kind: "status", status: 200, type: "text/html", body: "<html>Sign in</html>" });
    await assertRefused(host.bridge.captures.audio(capture.id), "backend_unauthorized");
  });

  it("is given as it is, and never what another question is answered with that waits meanwhile", async () => {
    const host = await ready();
    const capture = await done(host, scene.lecture(), scene.toBackend);
    // The host asks this backend for jobs now, perhaps over the connection that the upload has left.
    await scene.peers.backend.waitForRequest(({ path, outcome }) => path.startsWith("/api/host/jobs?") && outcome === "open");
    onAudio({ kind: "status", status: 200, type: "audio/mp4", body: "this is no sound at all" });
    for (let n = 0; n < 3; n++) {
      const { bytes, total } = await host.bridge.captures.audio(capture.id);
      assert.deepEqual([Buffer.from(bytes).toString(), total], ["this is no sound at all", 23]);
    }
  });

  it("is not asked for elsewhere with the token", async () => {
    const host = await ready();
    const capture = await done(host, scene.lecture(), scene.toBackend);
    const before = scene.peers.stranger.requests.length;
    onAudio({ kind: "redirect", to: ["https://stranger.example/sound"] });
    // It answers everything with a page, as a university's sign-in does.
    await assertRefused(host.bridge.captures.audio(capture.id), "backend_unauthorized");
    const there = scene.peers.stranger.requests.slice(before);
    assert.ok(there.length > 0 && there.every(({ authorization, cookie }) => authorization === undefined && cookie === undefined));
  });

  it("needs a token that the host still has", async () => {
    const host = await ready();
    const capture = await done(host, scene.lecture(), scene.toBackend);
    await host.bridge.vault.forget();
    await assertRefused(host.bridge.captures.audio(capture.id), "backend_unauthorized");
    await host.putToken();
    assert.ok((await host.bridge.captures.audio(capture.id)).bytes.length > 0);
  });

  it("is not asked for at one that is allowed no longer", async () => {
    const host = await ready();
    const capture = await done(host, scene.lecture(), scene.toBackend);
    await host.leave();
    const later = await ready({ config: { backends: ["https://other.example.edu"] } });
    const since = scene.peers.backend.requests.length;
    await assertRefused(later.bridge.captures.audio(capture.id), "backend_not_allowed");
    assert.deepEqual(audioAsked(since), []);
  });

  it("does not hold the host's end up", async () => {
    const host = await ready();
    const capture = await done(host, scene.lecture(), scene.toBackend);
    const rule = onAudio({ kind: "stall", afterBytes: 100 });
    const reading = assert.rejects(host.bridge.captures.audio(capture.id), ChannelError);
    await scene.peers.backend.waitForRequest(({ path, bytesSent }) => path.endsWith("/audio") && bytesSent >= 100);
    assert.deepEqual(await host.leave(), { code: 0, signal: null });
    await reading;
    rule.release();
  });
});

describe("a recording in an object store", () => {
  it("is read there, and the store never sees the token", async () => {
    const store = await TestStore.open(join(scene.home, "store"));
    const backend = await ReferenceBackend.start({ dir: join(scene.home, "with-store"), store: store.access() });
    try {
      const host = await scene.start();
      await host.signIn();
      await host.bridge.putBearer({ origin: backend.origin, token: backend.token });
      const lecture = scene.lecture();
      const capture = await done(host, lecture, { to: "backend", origin: backend.origin, api: "presigned" });
      const since = store.requests.length;
      assert.equal((await heard(host, capture)).sha256, lecture.audio.sha256);
      assert.equal((await host.bridge.captures.audio(capture.id, { offset: 1000, length: 77 })).bytes.length, 77);
      const asked = store.requests.slice(since);
      assert.ok(asked.length > 0 && asked.every(({ authorization, status }) => authorization === undefined && status === 206));
      store.fail({ kind: "status", status: 403, type: "application/xml", body: "<Error/>" }, { method: "GET", times: 1 });
      const refusal = await assertRefused(host.bridge.captures.audio(capture.id), "network");
      assert.equal(refusal.retryable, true);
    } finally {
      await backend.stop();
      await store.stop();
    }
  });
});

describe("a backend that gives nothing back", () => {
  it("is where a person is told to listen", async () => {
    const fastapi = await FastApiBackend.start({ dir: join(scene.home, "fastapi") });
    try {
      const host = await scene.start();
      await host.signIn();
      await host.bridge.putBearer({ origin: fastapi.origin, token: fastapi.token });
      const capture = await done(host, scene.lecture(), { to: "backend", origin: fastapi.origin, courseId: COURSE });
      const refusal = await assertRefused(host.bridge.captures.audio(capture.id), "not_found");
      assert.match(refusal.message, /does not give this recording back\. Listen to it there/);
    } finally {
      await fastapi.stop();
    }
  });
});

it("a host whose configuration cannot be read gives nothing, and says why", async () => {
  const host = await ready();
  const capture = await done(host, scene.lecture());
  await host.leave();
  const file = join(scene.home, "broken.json");
  await writeFile(file, "{");
  const broken = await scene.start({ env: { AURICLE_CONFIG: file } });
  await assert.rejects(broken.bridge.captures.audio(capture.id), /broken\.json/);
});
