// Where the sound goes: to a backend by tus, however it misbehaves, or into a folder and never out of it.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { mkdir, readdir, rm, stat, symlink, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import type { Capture } from "../../extension-bridge/bridge/src/index.ts";
import { ReferenceBackend } from "../peers/backend/backend.ts";
import type { LectureRow } from "../peers/backend/lecture-table.ts";
import type { Mischief } from "../peers/backend/mischief.ts";
import type { Lecture } from "../peers/panopto/lecture.ts";
import type { Fault, FaultTarget } from "../peers/wire/fault.ts";
import type { RequestRecord } from "../peers/wire/record.ts";
import { assertFailed, assertNoLeak, assertRefused, assertSaved, assertSentence, sha256Of } from "./support/assertions.ts";
import { OVER, type RunningHost } from "./support/running-host.ts";
import { Scene, type HostOptions } from "./support/scene.ts";

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

function sent(host: RunningHost, lecture: Lecture): Promise<Capture> {
  return host.capture(scene.peers.viewerUrl(lecture), { deliver: scene.toBackend });
}

/** The first request at the backend from now on that satisfies the predicate. */
function nextRequest(what: (record: RequestRecord) => boolean): Promise<RequestRecord> {
  const last = scene.peers.backend.requests.at(-1)?.sequence ?? 0;
  return scene.peers.backend.waitForRequest((record) => record.sequence > last && what(record));
}

async function atBackend(lecture: Lecture): Promise<LectureRow[]> {
  return (await scene.peers.backend.lectures()).filter(({ sourceUrl }) => sourceUrl.includes(lecture.deliveryId));
}

/** Confirmed, registered once, and byte for byte what the lecture's sound is. */
async function assertDelivered(capture: Capture, lecture: Lecture): Promise<LectureRow> {
  assert.equal(capture.state, "done", JSON.stringify(capture.error));
  assert.equal(capture.result?.confirmed, true);
  assert.equal(capture.result.sha256, lecture.audio.sha256);
  const [row, ...more] = await atBackend(lecture);
  assert.ok(row !== undefined);
  assert.deepEqual(more, []);
  assert.equal(row.status, "ready");
  assert.equal(row.id, capture.result.lecture);
  assert.equal(row.sha256, lecture.audio.sha256);
  assert.equal(await sha256Of(scene.peers.backend.audioFile(row.id)), lecture.audio.sha256);
  return row;
}

const onUpload = (fault: Fault, target: FaultTarget = {}) => scene.peers.backend.fail(fault, { method: "PATCH", when: ({ path }) => !path.startsWith("/api/lectures/"), ...target });
const onRegister = (fault: Fault, target: FaultTarget = {}) => scene.peers.backend.fail(fault, { method: "POST", path: /^\/api\/lectures$/, ...target });
const onComplete = (fault: Fault, target: FaultTarget = {}) => scene.peers.backend.fail(fault, { method: "POST", path: /\/complete$/, ...target });
const answer = (status: number, value: unknown): Fault => ({ kind: "status", status, type: "application/json", body: JSON.stringify(value) });

describe("a lecture at the backend", () => {
  it("is confirmed, and registered with what it is and nothing more", async () => {
    const lecture = scene.lecture({ title: "Schall & Raum: “Teil 2”" });
    const host = await ready();
    const done = await host.capture(scene.peers.viewerUrl(lecture), { deliver: { to: "backend", origin: scene.peers.backend.origin, courseId: "course-7" } });
    const row = await assertDelivered(done, lecture);
    assert.equal(row.title, lecture.title);
    assert.equal(row.site, "panopto");
    assert.equal(row.sourceUrl, scene.peers.viewerUrl(lecture));
    assert.equal(row.courseId, "course-7");
    assert.equal(row.mimeType, "audio/mp4");
    assert.equal(row.sizeBytes, lecture.audio.bytes);
    assert.ok(Math.abs((row.durationMs ?? 0) - lecture.audio.durationMs) < 200);
    assert.equal(done.uploaded, lecture.audio.bytes);
    await host.leave();
    assert.deepEqual((await scene.filesLeft()).filter((file) => file.endsWith(".part")), []);
  });

  it("gets the page's address without what was around the id in it", async () => {
    const lecture = scene.lecture();
    const host = await ready();
    await host.capture(`${scene.peers.viewerUrl(lecture)}&token=c4nary-in-the-address&start=9`, { deliver: scene.toBackend });
    assert.equal((await atBackend(lecture))[0]?.sourceUrl, scene.peers.viewerUrl(lecture));
    assert.ok(!scene.peers.backend.receivedContains("c4nary-in-the-address"));
  });

  it("is one, though the answer to its registering was lost", async () => {
    const lecture = scene.lecture();
    onRegister({ kind: "drop", afterBytes: 10 });
    const host = await ready();
    await assertDelivered(await sent(host, lecture), lecture);
    const keys = scene.peers.backend.requests.filter(({ method, path }) => method === "POST" && path === "/api/lectures").slice(-2).map(({ headers }) => headers["idempotency-key"]);
    assert.equal(keys.length, 2);
    assert.equal(keys[0], keys[1]);
  });

  it("is one, though the answer to its completion was lost", async () => {
    const lecture = scene.lecture();
    onComplete({ kind: "drop", afterBytes: 10 });
    const host = await ready();
    await assertDelivered(await sent(host, lecture), lecture);
  });

  it("arrives over plain http at a backend on this machine", async () => {
    const lecture = scene.lecture();
    const local = await ReferenceBackend.start({ dir: join(scene.home, "local") });
    try {
      const host = await scene.start();
      await host.signIn();
      await host.bridge.putBearer({ origin: local.origin, token: local.token });
      const done = await host.capture(scene.peers.viewerUrl(lecture), { deliver: { to: "backend", origin: local.origin } });
      assert.equal(done.state, "done", JSON.stringify(done.error));
      assert.equal((await local.lectures())[0]?.sha256, lecture.audio.sha256);
      assert.ok(scene.peers.site.secrets().every((secret) => !local.receivedContains(secret)));
    } finally {
      await local.stop();
    }
  });
});

describe("an upload that is disturbed is whole in the end", () => {
  const wire: [string, () => unknown][] = [
    ["when registering meets 503", () => onRegister({ kind: "status", status: 503, retryAfter: 0 }, { times: 2 })],
    ["when registering meets 429", () => onRegister({ kind: "status", status: 429, retryAfter: 0 }, { times: 2 })],
    ["when a part meets 500", () => onUpload({ kind: "status", status: 500, retryAfter: 0 }, { times: 2 })],
    ["when a part meets 409", () => onUpload({ kind: "status", status: 409, retryAfter: 0 }, { times: 2 })],
    ["when a part meets 423", () => onUpload({ kind: "status", status: 423, retryAfter: 0 }, { times: 2 })],
    ["when a part meets 460", () => onUpload({ kind: "status", status: 460 }, { times: 3 })],
    ["when a part is cut on its way", () => onUpload({ kind: "reset-request", afterBytes: 20_000 }, { times: 2 })],
    ["when the answer to a part is cut", () => onUpload({ kind: "drop", afterBytes: 0 })],
    ["when the question for the offset is cut", () => scene.peers.backend.fail({ kind: "drop", afterBytes: 0 }, { method: "HEAD" })],
    ["when completing meets 502", () => onComplete({ kind: "status", status: 502, retryAfter: 0 }, { times: 2 })],
  ];
  for (const [name, order] of wire) {
    it(name, async () => {
      const lecture = scene.lecture();
      order();
      await assertDelivered(await sent(await ready(), lecture), lecture);
    });
  }

  const behind: [string, Mischief, number][] = [
    ["when its place is gone (404)", { kind: "forget-upload", status: 404 }, 1],
    ["when its place is gone (410)", { kind: "forget-upload", status: 410 }, 1],
    ["when a bit turns over at the backend", { kind: "flip-stored" }, 2],
    ["when the backend claims an offset that it has not", { kind: "raise-offset", bytes: 100 }, 1],
  ];
  for (const [name, mischief, times] of behind) {
    it(name, async () => {
      const lecture = scene.lecture();
      scene.peers.backend.misbehave(mischief, times);
      await assertDelivered(await sent(await ready(), lecture), lecture);
    });
  }

  it("when the backend loses bytes that it had", async () => {
    const lecture = scene.lecture();
    onUpload({ kind: "reset-request", afterBytes: 30_000 });
    const host = await ready();
    const cut = nextRequest(({ faults }) => faults.includes("reset-request"));
    const { id } = await host.start(scene.peers.viewerUrl(lecture), { deliver: scene.toBackend });
    await cut;
    scene.peers.backend.misbehave({ kind: "lose-bytes", bytes: 10_000 });
    await assertDelivered(await host.reaches(id, OVER), lecture);
  });
});

describe("an upload that is refused", () => {
  const fastapi = { detail: [{ loc: ["body", "title"], msg: "String should have at most 80 characters", type: "string_too_long" }] };
  const html: Fault = { kind: "status", status: 200, type: "text/html", body: "<!DOCTYPE html><title>Sign in</title>" };
  const rows: [string, () => unknown, Parameters<typeof assertFailed>[1], RegExp][] = [
    ["for its size when it is registered", () => onRegister(answer(413, { detail: "Audio file too large. Maximum size is 100 MB" })), "too_large", /Maximum size is 100 MB/],
    ["for its size when it is sent", () => onUpload(answer(413, { detail: "Too much." })), "too_large", /larger/],
    ["for a field (422 with a list)", () => onRegister(answer(422, fastapi)), "upload_rejected", /title: String should have at most 80 characters/],
    ["for its type (415)", () => onUpload({ kind: "status", status: 415 }), "upload_rejected", /415/],
    ["for its version of tus (412)", () => onUpload({ kind: "status", status: 412 }), "upload_rejected", /412/],
    ["by a backend of another interface (404)", () => scene.peers.backend.fail({ kind: "status", status: 404 }, { method: "POST", path: /^\/api\/lectures(\/audio)?$/, times: 2 }), "upload_rejected", /address/],
    ["by a web page in place of JSON", () => onRegister(html), "upload_rejected", /web page/],
    ["by a web page at the end", () => onComplete(html), "upload_rejected", /web page/],
    ["by a redirect", () => onRegister({ kind: "redirect", to: ["https://stranger.example/api/lectures"] }), "upload_rejected", /redirect/],
    ["by an answer that is no JSON", () => onRegister({ kind: "status", status: 201, type: "application/json", body: "{" }), "upload_rejected", /JSON/],
    ["by an address for the upload that is another's", () => scene.peers.backend.misbehave({ kind: "foreign-upload-url", url: "https://stranger.example/upload/1" }), "upload_rejected", /not its own/],
    ["by an offset beyond the end", () => scene.peers.backend.misbehave({ kind: "raise-offset", bytes: 10_000_000 }), "upload_rejected", /more of the recording than there is/],
    ["by damage again and again (460)", () => onUpload({ kind: "status", status: 460 }, { times: 4 }), "upload_rejected", /damaged/],
    ["by another digest again and again", () => scene.peers.backend.misbehave({ kind: "flip-stored" }, 3), "upload_rejected", /not what was sent/],
    ["by a busy backend for ever", () => onRegister({ kind: "status", status: 503, retryAfter: 0 }, { times: 99 }), "network", /later|again/],
  ];
  for (const [name, order, kind, words] of rows) {
    it(`${name} fails as ${kind}, in words`, async () => {
      const lecture = scene.lecture();
      order();
      const strangers = scene.peers.stranger.requests.length;
      const failed = await sent(await ready(), lecture);
      assertFailed(failed, kind);
      assert.match(failed.error?.message ?? "", words);
      assert.equal(scene.peers.stranger.requests.length, strangers);
    });
  }

  it("is told to the backend, and a retry sends the same bytes without fetching them again", async () => {
    const lecture = scene.lecture();
    onUpload(answer(422, { detail: "Not today." }));
    const host = await ready();
    const failed = await sent(host, lecture);
    assertFailed(failed, "upload_rejected");
    const [row] = await atBackend(lecture);
    assert.equal(row?.status, "failed");
    assertSentence(row.errorMessage ?? "");
    const fetched = scene.peers.cdn.requests.length;
    const again = await host.bridge.captures.retry(failed.id);
    assert.equal(again.attempt, 2);
    await assertDelivered(await host.reaches(failed.id, OVER), lecture);
    assert.equal(scene.peers.cdn.requests.length, fetched);
  });
});

describe("a token", () => {
  it("that is missing is asked for, and then the capture goes on", async () => {
    const lecture = scene.lecture();
    const host = await scene.start({
      onRefreshWanted: async () => {
        await host.putToken();
        return { done: true };
      },
    });
    await host.signIn();
    await assertDelivered(await sent(host, lecture), lecture);
    const [{ id: _, ...wanted } = { id: "" }] = host.wanted;
    assert.deepEqual(wanted, { kind: "bearer", origin: scene.peers.backend.origin, reason: "missing_cookies", attempt: 1 });
  });

  it("that the backend does not take is asked for anew, once, and nothing is fetched again", async () => {
    const lecture = scene.lecture();
    const host = await scene.start({
      onRefreshWanted: async () => {
        await host.putToken();
        return { done: true };
      },
    });
    await host.signIn();
    await host.putToken("an-old-token");
    await assertDelivered(await sent(host, lecture), lecture);
    assert.deepEqual(
      host.wanted.map(({ kind, reason }) => [kind, reason]),
      [["bearer", "session_expired"]],
    );
    assert.equal(scene.peers.cdn.requests.filter(({ path, method }) => method === "GET" && path.includes(lecture.sessionId) && path.includes("Signature")).length, 1);
  });

  it("that is wrong again ends in backend_unauthorized", async () => {
    const lecture = scene.lecture();
    const host = await scene.start({
      onRefreshWanted: async () => {
        await host.putToken("another-wrong-token");
        return { done: true };
      },
    });
    await host.signIn();
    await host.putToken("a-wrong-token");
    const failed = await sent(host, lecture);
    assertFailed(failed, "backend_unauthorized");
    assert.equal(host.wanted.length, 1);
    assert.ok(!JSON.stringify(host.frames).includes("a-wrong-token"));
    assert.deepEqual(await atBackend(lecture), []);
  });

  it("that nobody has ends in backend_unauthorized at once", async () => {
    const host = await scene.start({ onRefreshWanted: () => Promise.resolve({ failed: "no_token" }) });
    await host.signIn();
    assertFailed(await sent(host, scene.lecture()), "backend_unauthorized");
  });

  it("goes to its own backend alone", async () => {
    const lecture = scene.lecture();
    const host = await ready();
    await assertDelivered(await sent(host, lecture), lecture);
    const { site, cdn, stranger } = scene.peers;
    for (const { authorization } of [...site.requests, ...cdn.requests, ...stranger.requests]) assert.equal(authorization, undefined);
    assert.ok(!JSON.stringify(host.frames).includes(scene.peers.backend.token));
  });
});

describe("a capture that is given up", () => {
  for (const how of ["cancel", "remove"] as const) {
    it(`in the middle of its upload (${how}) leaves no orphan at the backend`, async () => {
      const lecture = scene.lecture();
      onUpload({ kind: "silence" });
      const host = await ready();
      const silent = nextRequest(({ faults }) => faults.includes("silence"));
      const { id } = await host.start(scene.peers.viewerUrl(lecture), { deliver: scene.toBackend });
      await silent;
      assert.equal((await atBackend(lecture)).length, 1);
      await host.bridge.captures[how](id);
      assert.deepEqual(await atBackend(lecture), []);
      scene.peers.backend.clearFaults();
    });

    it(`while the backend still registers it (${how}) leaves no orphan either`, async () => {
      const lecture = scene.lecture();
      onRegister({ kind: "drop", afterBytes: 0 });
      onRegister({ kind: "silence" }, { after: 1 });
      const host = await ready();
      const silent = nextRequest(({ faults, path }) => path === "/api/lectures" && faults.includes("silence"));
      const { id } = await host.start(scene.peers.viewerUrl(lecture), { deliver: scene.toBackend });
      await silent;
      assert.equal((await atBackend(lecture)).length, 1);
      await host.bridge.captures[how](id);
      assert.deepEqual(await atBackend(lecture), []);
    });
  }

  it("after it failed at the backend leaves nothing there when it is removed", async () => {
    const lecture = scene.lecture();
    onUpload({ kind: "status", status: 415 });
    const host = await ready();
    const failed = await sent(host, lecture);
    assertFailed(failed, "upload_rejected");
    await host.bridge.captures.remove(failed.id);
    assert.deepEqual(await atBackend(lecture), []);
  });

  it("when it was done is still at the backend when it is removed from the list", async () => {
    const lecture = scene.lecture();
    const host = await ready();
    const done = await sent(host, lecture);
    await host.bridge.captures.remove(done.id);
    assert.equal((await atBackend(lecture)).length, 1);
  });
});

describe("a backend", () => {
  it("that the configuration does not list is refused", async () => {
    const host = await scene.start({ config: { backends: ["https://other.example.edu"] } });
    const refusal = await assertRefused(host.start(scene.peers.viewerUrl(scene.lecture()), { deliver: scene.toBackend }), "backend_not_allowed");
    assert.match(refusal.message, /study\.example\.edu/);
  });

  it("that the configuration lists is taken", async () => {
    const lecture = scene.lecture();
    const host = await ready({ config: { backends: ["https://other.example.edu", scene.peers.backend.origin] } });
    await assertDelivered(await sent(host, lecture), lecture);
  });

  for (const origin of ["http://study.example.edu", "http://192.168.1.7:8000", "ftp://study.example.edu", "https://study.example.edu/api", "https://me:word@study.example.edu", "https://study.example.edu.", "study.example.edu"]) {
    it(`at ${origin} is refused before anything is fetched`, async () => {
      const asked = scene.peers.site.requests.length;
      const host = await scene.start();
      await assertRefused(host.start(scene.peers.viewerUrl(scene.lecture()), { deliver: { to: "backend", origin } }), "backend_not_allowed");
      assert.equal(scene.peers.site.requests.length, asked);
      // Some of these no client of the schema would send.
      host.frames.length = 0;
    });
  }
});

describe("a folder", () => {
  async function saved(lecture: Lecture, choices: { subfolder?: string; title?: string; folder?: string } = {}): Promise<Capture> {
    const { subfolder, title, folder = join(scene.home, "lectures", randomUUID()) } = choices;
    const host = await scene.start({ config: { delivery: { folder } } });
    await host.signIn();
    return host.capture(scene.peers.viewerUrl(lecture), { deliver: { to: "folder", ...(subfolder === undefined ? {} : { subfolder }) }, ...(title === undefined ? {} : { title }) });
  }

  it("below the home's music is the one that is taken when none is set, and it is ours alone to read", async () => {
    const lecture = scene.lecture();
    const host = await scene.start();
    await host.signIn();
    const file = await assertSaved(await host.capture(scene.peers.viewerUrl(lecture)), lecture.audio);
    assert.equal(join(file, ".."), scene.musicFolder);
    assert.equal((await stat(file)).mode & 0o077, 0);
  });

  it("is the one of user-dirs.dirs where there is one", async () => {
    const home = await scene.newHome();
    await mkdir(join(home, ".config"));
    await writeFile(join(home, ".config/user-dirs.dirs"), 'XDG_MUSIC_DIR="$HOME/Musik"\n');
    const lecture = scene.lecture();
    const host = await scene.start({ home });
    await host.signIn();
    const file = await assertSaved(await host.capture(scene.peers.viewerUrl(lecture)), lecture.audio);
    assert.equal(join(file, ".."), join(home, "Musik", "Auricle"));
  });

  it("gets its subfolder, made where it is missing", async () => {
    const lecture = scene.lecture();
    const folder = join(scene.home, "lectures", "deep");
    const file = await assertSaved(await saved(lecture, { folder, subfolder: "Computing 101/Week 4" }), lecture.audio);
    assert.equal(join(file, ".."), join(folder, "Computing 101", "Week 4"));
  });

  for (const subfolder of ["../out", "a/../../out", "/etc", "a//b", ".", "..", "a/.", "..\\out", "C:out", ".hidden", "a\u0000b", "a\nb"]) {
    it(`is never left: ${JSON.stringify(subfolder)} is refused`, async () => {
      const lecture = scene.lecture();
      const folder = join(scene.home, "lectures", randomUUID());
      const host = await scene.start({ config: { delivery: { folder } } });
      await host.signIn();
      const asking = host.capture(scene.peers.viewerUrl(lecture), { deliver: { to: "folder", subfolder } }).then((ended) => {
        assertFailed(ended, "bad_params");
        return ended;
      });
      const ended = await asking.catch((error: unknown) => error);
      if (ended instanceof assert.AssertionError) throw ended;
      if (ended instanceof Error) await assertRefused(Promise.reject(ended), "bad_params", "/deliver/subfolder");
      assert.deepEqual((await scene.filesLeft()).filter((file) => file.startsWith(folder) || file.includes("/out/")), []);
    });
  }

  it("is not left through a symbolic link", async () => {
    const lecture = scene.lecture();
    const folder = join(scene.home, "lectures", randomUUID());
    const outside = join(scene.home, "outside");
    await mkdir(folder, { recursive: true });
    await mkdir(outside);
    await symlink(outside, join(folder, "link"));
    const failed = await saved(lecture, { folder, subfolder: "link" });
    assert.equal(failed.state, "failed");
    assertSentence(failed.error?.message ?? "");
    assert.deepEqual(await readdir(outside), []);
  });

  it("keeps what has the same name already", async () => {
    const folder = join(scene.home, "lectures", randomUUID());
    const lecture = scene.lecture();
    const first = await assertSaved(await saved(lecture, { folder }), lecture.audio);
    await writeFile(first, "my own notes");
    const second = await assertSaved(await saved(lecture, { folder }), lecture.audio);
    assert.notEqual(second, first);
    assert.equal((await scene.read(first)).toString(), "my own notes");
    const third = await assertSaved(await saved(lecture, { folder }), lecture.audio);
    assert.equal(third, second, "the same recording was put there twice");
    assert.equal((await readdir(folder)).length, 2);
  });

  it("that cannot be written keeps the part, and a retry after it can be needs no new download", async () => {
    const lecture = scene.lecture();
    const folder = join(scene.home, "lectures", randomUUID());
    await mkdir(join(scene.home, "lectures"), { recursive: true });
    await writeFile(folder, "a file stands where the folder should be");
    const host = await scene.start({ config: { delivery: { folder } } });
    await host.signIn();
    const failed = await host.capture(scene.peers.viewerUrl(lecture));
    assert.equal(failed.state, "failed");
    assertSentence(failed.error?.message ?? "");
    assert.match(failed.error?.message ?? "", new RegExp(basename(folder)));
    await rm(folder);
    const fetched = scene.peers.cdn.requests.length;
    await host.bridge.captures.retry(failed.id);
    await assertSaved(await host.reaches(failed.id, OVER), lecture.audio);
    assert.equal(scene.peers.cdn.requests.length, fetched);
  });

  const titles: [string, string][] = [
    ["of slashes", "../../etc/passwd"],
    ["of dots", "...."],
    ["of control characters", "one\u0007two\u001b[31mthree\nfour"],
    ["of turned directions", "lecture\u202Egpj.exe"],
    ["of nothing", "   "],
    ["of a device", "CON"],
    ["of a dash in front", "-rf *"],
    ["of 2000 letters", "ü".repeat(1000)],
    ["of emoji", "👩‍🏫".repeat(80)],
    ["of what Windows does not take", 'a<b>c:d"e|f?g*h\\i'],
  ];
  for (const [name, title] of titles) {
    it(`gets a sound file's name from a title ${name}`, async () => {
      const lecture = scene.lecture();
      const folder = join(scene.home, "lectures", randomUUID());
      const file = await assertSaved(await saved(lecture, { folder, title }), lecture.audio);
      assert.equal(join(file, ".."), folder);
      const [only, ...more] = await readdir(folder);
      assert.equal(only, basename(file));
      assert.deepEqual(more, []);
      assert.ok(Buffer.byteLength(only) <= 200);
      assert.match(only, /^[^.\s-][^/\\:*?"<>|\p{Cc}\u202A-\u202E\u2066-\u2069]*\.m4a$/u);
      assert.ok(only.includes(lecture.deliveryId), "two lectures of one title could not be told apart");
    });
  }
});
