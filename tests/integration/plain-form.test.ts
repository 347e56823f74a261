// A lecture sent as one form, to a backend that knows nothing else: what it is told, and every answer that it may give.
import assert from "node:assert/strict";
import { randomUUID } from "node:crypto";
import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, describe, it, type TestContext } from "node:test";
import type { Capture } from "../../extension-bridge/bridge/src/index.ts";
import { COURSES, ReferenceBackend } from "../peers/backend/backend.ts";
import type { FormLecture } from "../peers/backend/form-lecture-table.ts";
import { FastApiBackend } from "../peers/fastapi/fastapi.ts";
import type { Lecture } from "../peers/panopto/lecture.ts";
import type { Fault, FaultTarget } from "../peers/wire/fault.ts";
import { assertFailed, assertNoLeak, sha256Of } from "./support/assertions.ts";
import { EarlyAnswer } from "./support/early-answer.ts";
import { padded } from "./support/padded.ts";
import { OVER, type RunningHost } from "./support/running-host.ts";
import { SANITIZED, isSanitized } from "./support/sanitized.ts";
import { Scene, type HostOptions } from "./support/scene.ts";

const MIB = 1024 ** 2;
const COURSE = COURSES[0]?.id ?? "";

let scene: Scene;
before(async () => {
  scene = await Scene.open({ backend: { serves: "plain-form" } });
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

interface Where {
  readonly origin?: string;
  readonly courseId?: string;
  readonly api?: "auto" | "tus" | "presigned" | "multipart";
}

const to = ({ origin = scene.peers.backend.origin, courseId = COURSE, api = "auto" }: Where = {}) => ({ to: "backend", origin, api, ...(courseId === "" ? {} : { courseId }) }) as const;
const sent = (host: RunningHost, lecture: Lecture, where: Where = {}): Promise<Capture> => host.capture(scene.peers.viewerUrl(lecture), { deliver: to(where) });
const onForm = (fault: Fault, target: FaultTarget = {}) => scene.peers.backend.fail(fault, { method: "POST", path: /^\/api\/lectures\/audio$/, ...target });
const answer = (status: number, detail: unknown): Fault => ({ kind: "status", status, type: "application/json", body: JSON.stringify({ detail }) });
const formsSent = () => scene.peers.backend.requests.filter(({ method, path }) => method === "POST" && path === "/api/lectures/audio");
const statusAsked = () => scene.peers.backend.requests.filter(({ path }) => path.endsWith("/status")).length;

/** The next question for a status, once it is answered. */
function statusAnswered(): Promise<unknown> {
  const last = scene.peers.backend.requests.at(-1)?.sequence ?? 0;
  return scene.peers.backend.waitForRequest(({ path, status, sequence }) => sequence > last && path.endsWith("/status") && status === 200);
}

async function atBackend(lecture: Lecture): Promise<FormLecture[]> {
  return (await scene.peers.backend.formLectures()).filter(({ sessionId }) => sessionId === lecture.sessionId);
}

/** Done without a confirmation, there once, and byte for byte what the lecture's sound is. */
async function assertSent(capture: Capture, lecture: Lecture): Promise<FormLecture> {
  assert.equal(capture.state, "done", JSON.stringify(capture.error));
  assert.equal(capture.result?.confirmed, false);
  assert.equal(capture.result.sha256, lecture.audio.sha256);
  const [row, ...more] = await atBackend(lecture);
  assert.ok(row !== undefined);
  assert.deepEqual(more, []);
  assert.equal(row.id, capture.result.lecture);
  assert.equal(await sha256Of(scene.peers.backend.audioFile(row.id)), lecture.audio.sha256);
  return row;
}

/** What a failed delivery leaves: the recording, so that a retry fetches nothing again. */
async function assertKept(lecture: Lecture): Promise<void> {
  const parts = (await scene.filesLeft()).filter((file) => file.endsWith(".part"));
  assert.ok((await Promise.all(parts.map((file) => sha256Of(file)))).includes(lecture.audio.sha256));
}

describe("the plain form", () => {
  for (const refusesLecturesWith of [404, 405] as const) {
    it(`is what a backend gets that answers ${String(refusesLecturesWith)} to a registration`, async () => {
      const lecture = scene.lecture();
      if (refusesLecturesWith === 405) scene.peers.backend.fail(answer(405, "Method Not Allowed"), { path: /^\/api\/lectures$/ });
      const done = await sent(await ready(), lecture);
      await assertSent(done, lecture);
      assert.equal(done.result?.created, true);
    });
  }

  it("holds what the recording is and nothing more", async () => {
    const lecture = scene.lecture({ title: "Schall & Raum: “Teil 2”", sessionId: "0b4a55c2-8d8e-4bb1-a2f1-b0d3a34a7f10" });
    const done = await sent(await ready(), lecture, { api: "multipart" });
    const row = await assertSent(done, lecture);
    assert.equal(row.title, lecture.title);
    assert.equal(row.courseId, COURSE);
    assert.equal(row.sourceUrl, scene.peers.viewerUrl(lecture));
    assert.ok(Math.abs((row.durationSeconds ?? 0) * 1000 - lecture.audio.durationMs) < 200);
    assert.equal(row.mimeType, "audio/mp4");
    assert.equal(row.sizeBytes, lecture.audio.bytes);
    assert.ok(scene.peers.backend.receivedContains(`name="audio"; filename="${lecture.sessionId}.m4a"`));
    const [form] = formsSent().slice(-1);
    assert.equal(form?.protocol, "http/1.1");
    assert.equal(Number(form.headers["content-length"]), form.bytesReceived);
    assert.equal(form.headers["transfer-encoding"], undefined);
    assert.equal(done.uploaded, lecture.audio.bytes);
  });

  it("is asked for at once where the person has chosen it", async () => {
    const lecture = scene.lecture();
    const from = scene.peers.backend.requests.length;
    await assertSent(await sent(await ready(), lecture, { api: "multipart" }), lecture);
    assert.ok(scene.peers.backend.requests.slice(from).every(({ path }) => path !== "/api/lectures"));
  });

  for (const api of ["tus", "presigned"] as const) {
    it(`is not sent where the person insists on ${api}`, async () => {
      const from = formsSent().length;
      const failed = await sent(await ready(), scene.lecture(), { api });
      assertFailed(failed, "upload_rejected");
      assert.equal(formsSent().length, from);
    });
  }

  it("carries the name and the type of what the sound really is", async () => {
    const { mp3 } = scene.peers.lectures;
    const row = await assertSent(await sent(await ready(), mp3), mp3);
    assert.equal(row.mimeType, "audio/mpeg");
    assert.ok(scene.peers.backend.receivedContains(`filename="${mp3.sessionId}.mp3"`));
  });

  it("gets the page's address without what was around the id in it", async () => {
    const lecture = scene.lecture();
    const host = await ready();
    await host.capture(`${scene.peers.viewerUrl(lecture)}&token=c4nary-in-the-address&start=9`, { deliver: to() });
    assert.equal((await atBackend(lecture))[0]?.sourceUrl, scene.peers.viewerUrl(lecture));
    assert.ok(!scene.peers.backend.receivedContains("c4nary-in-the-address"));
  });

  it("tells when the backend had the recording already", async () => {
    const lecture = scene.lecture();
    const host = await ready();
    const first = await sent(host, lecture);
    const again = await host.capture(scene.peers.viewerUrl(lecture), { key: "once more", deliver: to() });
    await assertSent(again, lecture);
    assert.equal(again.result?.lecture, first.result?.lecture);
    assert.equal(again.result?.created, false);
  });
});

describe("a form that is disturbed is whole in the end", () => {
  const disturbances: [string, () => unknown, number][] = [
    ["when it meets 429", () => onForm({ kind: "status", status: 429, retryAfter: 0 }, { times: 2 }), 3],
    ["when it meets 500", () => onForm({ kind: "status", status: 500, retryAfter: 0 }, { times: 2 }), 3],
    ["when it meets 503", () => onForm({ kind: "status", status: 503, retryAfter: 0 }, { times: 2 }), 3],
    ["when it is cut on its way", () => onForm({ kind: "reset-request", afterBytes: 30_000 }, { times: 2 }), 3],
    ["when the answer to it is cut", () => onForm({ kind: "drop", afterBytes: 10 }), 2],
  ];
  for (const [name, order, forms] of disturbances) {
    it(name, async () => {
      const lecture = scene.lecture();
      order();
      const from = formsSent().length;
      await assertSent(await sent(await ready(), lecture), lecture);
      assert.equal(formsSent().length - from, forms);
    });
  }
});

describe("a form that is refused", () => {
  const fastapi = [{ type: "missing", loc: ["body", "audio"], msg: "Field required", input: null }];
  const html: Fault = { kind: "status", status: 200, type: "text/html", body: "<!DOCTYPE html><title>Sign in</title>" };
  const rows: [string, Where, () => unknown, Parameters<typeof assertFailed>[1], RegExp][] = [
    ["for a course that is none (400)", { courseId: "course-7" }, () => undefined, "upload_rejected", /Choose a course.*It says: Invalid metadata: course_id/],
    ["for a course that was not chosen (400)", { courseId: "" }, () => undefined, "upload_rejected", /Choose a course.*It says: Invalid metadata: course_id/],
    ["for a course that is not there (404)", {}, () => onForm(answer(404, "Course not found")), "upload_rejected", /Choose a course.*It says: Course not found/],
    ["for its metadata (400)", {}, () => onForm(answer(400, "Invalid metadata: title must not be blank")), "upload_rejected", /It says: Invalid metadata: title/],
    ["for its file's name (400)", {}, () => onForm(answer(400, "Audio file must have a filename")), "upload_rejected", /It says: Audio file must have a filename\./],
    ["for its type (400)", {}, () => onForm(answer(400, "Invalid audio content type: text/html")), "upload_rejected", /It says: Invalid audio content type: text\/html\./],
    ["for its type (415)", {}, () => onForm({ kind: "status", status: 415 }), "upload_rejected", /415/],
    ["for its size (413)", {}, () => onForm(answer(413, "Audio file too large. Maximum size is 100 MB")), "too_large", /\(0\.\d MB\) is larger than .* It says: Audio file too large\. Maximum size is 100 MB\./],
    ["by a proxy for its size (413)", {}, () => onForm({ kind: "status", status: 413, type: "text/html", body: "<html>413</html>" }), "too_large", /\(0\.\d MB\) is larger than/],
    ["for a field (422 with a list)", {}, () => onForm(answer(422, fastapi)), "upload_rejected", /It says: audio: Field required\./],
    ["for a field (422 with a sentence)", {}, () => onForm(answer(422, "Not like this")), "upload_rejected", /It says: Not like this\./],
    ["by a backend of another interface (404)", { api: "multipart" }, () => onForm(answer(404, "Not Found")), "upload_rejected", /Check the backend's address/],
    ["by a backend of another interface (405)", { api: "multipart" }, () => onForm(answer(405, "Method Not Allowed")), "upload_rejected", /Check the backend's address/],
    ["by a web page in place of JSON", {}, () => onForm(html), "upload_rejected", /web page/],
    ["by a redirect", {}, () => onForm({ kind: "redirect", to: ["https://stranger.example/up"], status: 307 }), "upload_rejected", /redirect/],
    ["by a success without an id", {}, () => onForm({ kind: "status", status: 200, type: "application/json", body: "{}" }), "upload_rejected", /lecture_id/],
    ["by a busy backend for ever", {}, () => onForm({ kind: "status", status: 503, retryAfter: 0 }, { times: 99 }), "network", /again/],
    ["by a backend that asks for patience for ever", {}, () => onForm({ kind: "status", status: 429, retryAfter: 0 }, { times: 99 }), "rate_limited", /later/],
  ];
  for (const [name, where, order, kind, words] of rows) {
    it(`${name} fails as ${kind}, in words, and loses nothing`, async () => {
      const lecture = scene.lecture();
      order();
      const strangers = scene.peers.stranger.requests.length;
      const failed = await sent(await ready(), lecture, where);
      assertFailed(failed, kind);
      assert.match(failed.error?.message ?? "", words);
      assert.deepEqual(await atBackend(lecture), []);
      assert.equal(scene.peers.stranger.requests.length, strangers);
      await assertKept(lecture);
    });
  }

  it("for its size tells both sizes, by a backend that really counts", async () => {
    const backend = await ReferenceBackend.start({ dir: join(scene.home, "small"), serves: "plain-form", maxFormBytes: 30_000 });
    try {
      const lecture = scene.lecture();
      const host = await ready();
      await host.bridge.putBearer({ origin: backend.origin, token: backend.token });
      const failed = await sent(host, lecture, { origin: backend.origin });
      assertFailed(failed, "too_large");
      assert.equal(failed.error?.data.sizeBytes, lecture.audio.bytes);
      assert.match(failed.error.message, /Maximum size is 0 MB/);
    } finally {
      await backend.stop();
    }
  });

  it("is sent by a retry without fetching anything again", async () => {
    const lecture = scene.lecture();
    onForm(answer(422, "Not today."));
    const host = await ready();
    const failed = await sent(host, lecture);
    assertFailed(failed, "upload_rejected");
    const fetched = scene.peers.cdn.requests.length;
    await host.bridge.captures.retry(failed.id);
    await assertSent(await host.reaches(failed.id, OVER), lecture);
    assert.equal(scene.peers.cdn.requests.length, fetched);
  });

  for (const [name, early] of [
    ["before its body", "for the head"],
    ["in the middle of its body", { afterBytes: 2 * MIB }],
  ] as const) {
    it(`${name} is no broken connection`, async () => {
      const audio = await padded(scene.peers.media.short.audio, join(scene.home, "early.m4a"), 30 * MIB);
      const rude = await EarlyAnswer.start(early, { status: 413, detail: "Audio file too large. Maximum size is 20 MB" });
      try {
        const host = await ready();
        await host.bridge.putBearer({ origin: rude.origin, token: "any" });
        for (let n = 0; n < 5; n += 1) {
          const failed = await sent(host, scene.lecture({ audio }), { origin: rude.origin });
          assertFailed(failed, "too_large");
          assert.equal(failed.error?.data.limitBytes, 20 * MIB);
          assert.match(failed.error.message, /\(30\.\d MB\) is larger.*Maximum size is 20 MB\./);
        }
        if (early === "for the head") assert.equal(rude.received, 0);
        else assert.ok(rude.received < 5 * 30 * MIB);
      } finally {
        await rude.stop();
      }
    });
  }
});

describe("the token of a form", () => {
  it("is asked for anew once when it is not taken (401), and nothing is fetched again", async () => {
    const lecture = scene.lecture();
    const host = await scene.start({
      onRefreshWanted: async () => {
        await host.putToken();
        return { done: true };
      },
    });
    await host.signIn();
    await host.putToken("an-old-token");
    await assertSent(await sent(host, lecture, { api: "multipart" }), lecture);
    assert.deepEqual(
      host.wanted.map(({ kind, reason }) => [kind, reason]),
      [["bearer", "session_expired"]],
    );
    assert.ok(!JSON.stringify(host.frames).includes("an-old-token"));
  });

  for (const [name, token, words] of [
    ["wrong (401)", () => `a-wrong-token-${randomUUID()}`, /It says: Authentication required\./],
    ["of nobody (403)", () => scene.peers.backend.issueTokenOfNobody(), /It says: Token is missing a user identifier\./],
  ] as const) {
    it(`that is ${name} again ends in backend_unauthorized`, async () => {
      const lecture = scene.lecture();
      const host = await scene.start({
        onRefreshWanted: async () => {
          await host.putToken(token());
          return { done: true };
        },
      });
      await host.signIn();
      await host.putToken(token());
      const failed = await sent(host, lecture, { api: "multipart" });
      assertFailed(failed, "backend_unauthorized");
      assert.match(failed.error?.message ?? "", words);
      assert.equal(host.wanted.length, 1);
      await assertKept(lecture);
    });
  }
});

describe("what becomes of a form at the backend", () => {
  it("is asked until it is completed", async () => {
    const lecture = scene.lecture();
    scene.peers.backend.pipeline.order({ shown: ["pending", "downloading"], end: "completed" });
    const from = statusAsked();
    const row = await assertSent(await sent(await ready(), lecture), lecture);
    assert.equal(row.status, "completed");
    assert.equal(statusAsked() - from, 3);
  });

  it("is a failure when it vanishes, the recording stays, and a retry sends it again", async () => {
    const lecture = scene.lecture();
    scene.peers.backend.pipeline.order({ shown: ["pending"], end: "gone" });
    const host = await ready();
    const failed = await sent(host, lecture);
    assertFailed(failed, "upload_rejected");
    assert.match(failed.error?.message ?? "", /took the file but could not process it/);
    assert.deepEqual(await atBackend(lecture), []);
    await assertKept(lecture);
    await host.bridge.captures.retry(failed.id);
    await assertSent(await host.reaches(failed.id, OVER), lecture);
  });

  it("is a failure when the backend says so, in its words", async () => {
    const lecture = scene.lecture();
    scene.peers.backend.fail({ kind: "status", status: 200, type: "application/json", body: JSON.stringify({ status: "failed", error_message: "No speech was found" }) }, { path: /\/status$/ });
    const failed = await sent(await ready(), lecture);
    assertFailed(failed, "upload_rejected");
    assert.match(failed.error?.message ?? "", /It says: No speech was found\./);
  });

  it("is not waited for beyond what is configured", async () => {
    const lecture = scene.lecture();
    scene.peers.backend.pipeline.order({ shown: ["pending"], end: "held" });
    const row = await assertSent(await sent(await ready({ config: { delivery: { followStatusMs: 1 } } }), lecture), lecture);
    assert.equal(row.status, "pending");
  });

  it("is not asked at all where that is configured", async () => {
    const lecture = scene.lecture();
    const from = statusAsked();
    await assertSent(await sent(await ready({ config: { delivery: { followStatusMs: 0 } } }), lecture), lecture);
    assert.equal(statusAsked(), from);
  });

  it("is no failure where it cannot be asked", async () => {
    for (const fault of [answer(404, "Not Found"), answer(405, "Method Not Allowed"), answer(403, "No")]) {
      const lecture = scene.lecture();
      scene.peers.backend.fail(fault, { path: /\/status$/ });
      await assertSent(await sent(await ready(), lecture), lecture);
    }
  });

  it("is taken up again by the next host, and the form is not sent once more", async () => {
    const lecture = scene.lecture();
    scene.peers.backend.pipeline.order({ shown: ["pending"], end: "held" });
    const first = await ready();
    const asked = statusAnswered();
    const { id } = await first.start(scene.peers.viewerUrl(lecture), { deliver: to() });
    await asked;
    await first.leave();
    const from = formsSent().length;
    const [row] = await atBackend(lecture);
    await scene.peers.backend.pipeline.finish(row?.id ?? "", "completed");
    const second = await ready();
    await second.bridge.captures.retry(id);
    await assertSent(await second.reaches(id, OVER), lecture);
    assert.equal(formsSent().length, from);
  });

  it("is taken back when the person cancels meanwhile", async () => {
    const lecture = scene.lecture();
    scene.peers.backend.pipeline.order({ shown: ["pending"], end: "held" });
    const host = await ready();
    const asked = statusAnswered();
    const { id } = await host.start(scene.peers.viewerUrl(lecture), { deliver: to() });
    await asked;
    await host.bridge.captures.cancel(id);
    assert.deepEqual(await atBackend(lecture), []);
  });
});

describe("the plain form at a backend that knows nothing of ours (FastAPI)", () => {
  const MAX_BYTES = 3 * MIB;
  let fastapi: FastApiBackend;
  before(async () => {
    fastapi = await FastApiBackend.start({ dir: join(scene.home, "fastapi"), maxBytes: MAX_BYTES });
  });
  after(() => fastapi.stop());

  async function toFastApi(lecture: Lecture, choices: { token?: string; courseId?: string; key?: string } = {}): Promise<Capture> {
    const { token = fastapi.token, courseId = COURSE, key = randomUUID() } = choices;
    const host = await scene.start({ onRefreshWanted: () => Promise.resolve({ failed: "no_token" }) });
    await host.signIn();
    await host.bridge.putBearer({ origin: fastapi.origin, token });
    return host.capture(scene.peers.viewerUrl(lecture), { key, deliver: to({ origin: fastapi.origin, courseId }) });
  }

  it("arrives whole, and is followed until it is completed", async () => {
    const lecture = scene.lecture({ title: "Schall & Raum: “Teil 2”" });
    const done = await toFastApi(lecture);
    assert.equal(done.state, "done", JSON.stringify(done.error));
    assert.deepEqual([done.result?.confirmed, done.result?.created], [false, true]);
    assert.equal(await sha256Of(fastapi.audioFile(done.result?.lecture ?? "")), lecture.audio.sha256);
    const again = await toFastApi(lecture);
    assert.deepEqual([again.result?.created, again.result?.lecture], [false, done.result?.lecture]);
  });

  it("is refused without a course, and says that one is to be chosen (400)", async () => {
    for (const courseId of ["", "course-7"]) {
      const failed = await toFastApi(scene.lecture(), { courseId });
      assertFailed(failed, "upload_rejected");
      assert.match(failed.error?.message ?? "", /Choose a course.*It says: Invalid metadata: .*course_id/);
    }
  });

  it("is refused for a wrong token (401)", async () => {
    const failed = await toFastApi(scene.lecture(), { token: "a-wrong-token" });
    assertFailed(failed, "backend_unauthorized");
  });

  it("is refused for its size, with the limit (413)", async () => {
    const audio = await padded(scene.peers.media.short.audio, join(scene.home, "too-large.m4a"), MAX_BYTES);
    const failed = await toFastApi(scene.lecture({ audio }));
    assertFailed(failed, "too_large");
    assert.deepEqual([failed.error?.data.sizeBytes, failed.error?.data.limitBytes], [audio.bytes, MAX_BYTES]);
    assert.match(failed.error?.message ?? "", /\(3\.1 MB\) is larger.*Maximum size is 3 MB\./);
  });

  it("fails when what came cannot be processed and its row is deleted (404)", async () => {
    const failed = await toFastApi(scene.lecture({ audio: scene.peers.lectures.mp3.audio, podcastType: "audio/mpeg" }));
    assertFailed(failed, "upload_rejected");
    assert.match(failed.error?.message ?? "", /took the file but could not process it/);
  });
});

describe("a form's memory", () => {
  it("does not grow with the file", async (test: TestContext) => {
    const peak = async (host: RunningHost): Promise<number> => Number(/^VmHWM:\s+(\d+) kB/m.exec(await readFile(`/proc/${String(host.port.process.pid)}/status`, "utf8"))?.[1] ?? 0) / 1024;
    const backend = await ReferenceBackend.start({ dir: join(scene.home, "large"), serves: "plain-form", maxFormBytes: 1024 * MIB });
    const peaks: number[] = [];
    try {
      for (const mib of [10, 400]) {
        const audio = await padded(scene.peers.media.short.audio, join(scene.home, `${String(mib)}.m4a`), mib * MIB);
        const host = await ready();
        if (await isSanitized(host.port.process.pid ?? 0)) return test.skip(SANITIZED);
        await host.bridge.putBearer({ origin: backend.origin, token: backend.token });
        const { id } = await host.start(scene.peers.viewerUrl(scene.lecture({ audio })), { deliver: to({ origin: backend.origin }) });
        const done = await host.reaches(id, OVER, 300_000);
        assert.equal(done.state, "done", JSON.stringify(done.error));
        peaks.push(await peak(host));
        assert.equal(await sha256Of(backend.audioFile(done.result?.lecture ?? "")), audio.sha256);
        await host.leave();
      }
    } finally {
      await backend.stop();
      await rm(join(scene.home, "large"), { recursive: true });
    }
    const [small = 0, large = 0] = peaks;
    assert.ok(large - small <= 4, `peak of ${large.toFixed(1)} MiB with 400 MiB, ${small.toFixed(1)} MiB with 10`);
  });
});
