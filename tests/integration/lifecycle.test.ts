// A capture's life: killed, parked, paused, cancelled, queued, asked for twice, and shared by two browsers.
import assert from "node:assert/strict";
import { existsSync, watch } from "node:fs";
import { mkdir, readdir, writeFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import type { Capture } from "../../extension-bridge/bridge/src/index.ts";
import type { MediaFile } from "../peers/media/media.ts";
import { idFrom, type Lecture } from "../peers/panopto/lecture.ts";
import type { Fault, FaultRule, FaultTarget } from "../peers/wire/fault.ts";
import type { RequestRecord } from "../peers/wire/record.ts";
import { assertFailed, assertNoLeak, assertRefused, assertSaved } from "./support/assertions.ts";
import { padded } from "./support/padded.ts";
import { OVER, type RunningHost } from "./support/running-host.ts";
import { Scene, type HostOptions } from "./support/scene.ts";

const MIB = 1024 * 1024;

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
const pageOf = (lecture: Lecture): string => scene.peers.viewerUrl(lecture);

function onSound(lecture: Lecture, fault: Fault, target: FaultTarget = {}): FaultRule {
  return scene.peers.cdn.fail(fault, { path: soundOf(lecture), ...target });
}

function askedFor(lecture: Lecture): RequestRecord[] {
  return scene.peers.cdn.requests.filter(({ path }) => path.startsWith(soundOf(lecture)));
}

async function ready(options: HostOptions = {}): Promise<RunningHost> {
  const host = await scene.start(options);
  await host.signIn();
  await host.putToken();
  return host;
}

/** Started, and held by the CDN after that many bytes. */
async function held(host: RunningHost, lecture: Lecture, afterBytes: number, choices: Parameters<RunningHost["start"]>[1] = {}): Promise<Capture> {
  onSound(lecture, { kind: "stall", afterBytes });
  const { id } = await host.start(pageOf(lecture), choices);
  await scene.peers.cdn.waitForRequest(({ path, bytesSent }) => path.startsWith(soundOf(lecture)) && bytesSent >= afterBytes);
  return host.satisfies(id, ({ state, done }) => state === "downloading" && done > 0);
}

async function rowsOf(lecture: Lecture): Promise<string[]> {
  return (await scene.peers.backend.lectures()).filter(({ sourceUrl }) => sourceUrl.includes(lecture.deliveryId)).map(({ status }) => status);
}

describe("a host that is killed", () => {
  it("in the middle of a download loses 16 MiB at most; the next one goes on from the rest", async () => {
    const lecture = scene.lecture({ audio: long });
    const home = await scene.newHome();
    const first = await ready({ home });
    const { id } = await held(first, lecture, 30 * MIB, { key: "killed-download" });
    await first.satisfies(id, ({ done }) => done >= 29 * MIB);
    assert.equal((await first.kill()).signal, "SIGKILL");

    const second = await ready({ home });
    const left = second.bridge.host?.unfinished ?? [];
    assert.deepEqual(left.map(({ id: of, state }) => [of, state]), [[id, "parked"]]);
    const again = await second.start(pageOf(lecture), { key: "killed-download" });
    assert.equal(again.id, id);
    assert.equal(again.attempt, 1);
    await assertSaved(await second.reaches(id, OVER), long);
    const resumed = askedFor(lecture).at(-1);
    assert.equal(resumed?.status, 206);
    const from = Number(/^bytes=(\d+)-$/.exec(resumed.headers["range"] ?? "")?.[1]);
    assert.ok(from >= 14 * MIB && from <= 30 * MIB, `it went on from ${String(from)}`);
    assert.equal(resumed.bytesSent, long.bytes - from);
  });

  it("in the middle of an upload fetches nothing again and registers nothing twice", async () => {
    const lecture = scene.lecture();
    const home = await scene.newHome();
    const silence = scene.peers.backend.fail({ kind: "silence" }, { method: "PATCH" });
    const first = await ready({ home });
    const { id } = await first.start(pageOf(lecture), { key: "killed-upload", deliver: scene.toBackend });
    await scene.peers.backend.waitForRequest(({ faults }) => faults.includes("silence"));
    await first.kill();
    silence.release();

    const second = await ready({ home });
    assert.deepEqual(second.bridge.host?.unfinished.map(({ id: of, state }) => [of, state]), [[id, "parked"]]);
    const fetched = scene.peers.cdn.requests.length;
    const done = await second.capture(pageOf(lecture), { key: "killed-upload", deliver: scene.toBackend });
    assert.equal(done.state, "done", JSON.stringify(done.error));
    assert.equal(done.result?.sha256, lecture.audio.sha256);
    assert.deepEqual(await rowsOf(lecture), ["ready"]);
    assert.equal(scene.peers.cdn.requests.length, fetched);
    const posts = scene.peers.backend.requests.filter(({ method, path }) => method === "POST" && path === "/api/lectures").slice(-2);
    assert.equal(posts[0]?.headers["idempotency-key"], posts[1]?.headers["idempotency-key"]);
  });

  it("at any of twenty moments leaves nothing corrupt, nothing lost and nothing registered twice", { timeout: 120_000 }, async () => {
    for (let n = 0; n < 20; n += 1) {
      const lecture = scene.lecture();
      const home = await scene.newHome();
      const key = `killed-${String(n)}`;
      const deliver = n % 2 === 0 ? scene.toBackend : ({ to: "folder" } as const);
      const first = await ready({ home });
      // The moment is a frame and not a time: so many notifications into the capture.
      const moments = n / 2;
      const frames = first.frames.length;
      const { id } = await first.start(pageOf(lecture), { key, deliver });
      await first.satisfies(id, ({ state }) => first.frames.length - frames > moments || OVER.includes(state));
      await first.kill();

      const second = await ready({ home });
      const done = await second.capture(pageOf(lecture), { key, deliver });
      assert.equal(done.state, "done", `moment ${String(n)}: ${JSON.stringify(done.error)}`);
      assert.equal(done.id, id);
      assert.equal(done.result?.sha256, lecture.audio.sha256);
      if (deliver.to === "backend") assert.deepEqual(await rowsOf(lecture), ["ready"]);
      else assert.equal((await readdir(join(home, "Music", "Auricle"))).length, 1);
      await second.leave();
    }
  });

  it("and whose whole part has gone since fetches it anew: it may have been delivered, and not written down", async () => {
    const lecture = scene.lecture();
    const home = await scene.newHome();
    const first = await ready({ home });
    const silence = scene.peers.backend.fail({ kind: "silence" }, { path: "/complete", times: 100 });
    const { id } = await first.start(pageOf(lecture), { key: "gone", deliver: scene.toBackend });
    await first.reaches(id, ["uploading"]);
    await first.kill();
    silence.release();
    scene.peers.backend.clearFaults();
    await rm(join(home, ".cache", "auricle", "parts"), { recursive: true });
    const second = await ready({ home });
    const done = await second.capture(pageOf(lecture), { key: "gone", deliver: scene.toBackend });
    assert.equal(done.state, "done", JSON.stringify(done.error));
    assert.equal(done.result?.sha256, lecture.audio.sha256);
    assert.deepEqual(await rowsOf(lecture), ["ready"]);
  });

  it("is followed by one that shows what was done and what was not", async () => {
    const home = await scene.newHome();
    const first = await ready({ home });
    const done = await first.capture(pageOf(scene.lecture()));
    const failed = await first.capture(pageOf(scene.peers.lectures.downloadsOff));
    await first.kill();
    const second = await scene.start({ home });
    assert.deepEqual(second.bridge.host?.unfinished, []);
    assert.deepEqual(await second.bridge.captures.get(done.id), done);
    assert.deepEqual(await second.bridge.captures.get(failed.id), failed);
  });
});

describe("a host whose browser goes away", () => {
  const ways: [string, (host: RunningHost) => void][] = [
    ["by the end of its input", (host) => host.bridge.close()],
    ["by SIGTERM", (host) => void host.port.process.kill("SIGTERM")],
    ["by SIGINT", (host) => void host.port.process.kill("SIGINT")],
  ];
  for (const [name, end] of ways) {
    it(`${name} parks what runs and leaves within 500 ms with status 0`, async () => {
      const lecture = scene.lecture({ audio: long });
      const home = await scene.newHome();
      const host = await ready({ home, config: { captures: { atOnce: 4 } } });
      const { id } = await held(host, lecture, 20 * MIB, { key: "parked" });
      scene.peers.backend.fail({ kind: "silence" }, { method: "PATCH", times: 1 });
      const uploading = await host.start(pageOf(scene.lecture()), { deliver: scene.toBackend });
      await host.reaches(uploading.id, ["uploading"]);
      scene.peers.site.fail({ kind: "silence" }, { path: "DeliveryInfo", times: 1 });
      const resolving = await host.start(pageOf(scene.lecture()));
      await host.reaches(resolving.id, ["resolving"]);
      const began = performance.now();
      end(host);
      assert.deepEqual(await host.port.exited, { code: 0, signal: null });
      const tookMs = performance.now() - began;
      assert.ok(tookMs < 500, `it took ${String(tookMs)} ms`);
      assert.equal(host.port.stderr, "");

      const next = await ready({ home });
      const left = next.bridge.host?.unfinished ?? [];
      assert.deepEqual(new Set(left.map(({ id: of }) => of)), new Set([id, uploading.id, resolving.id]));
      assert.ok(left.every(({ state }) => state === "parked"));
      await next.start(pageOf(lecture), { key: "parked" });
      await assertSaved(await next.reaches(id, OVER), long);
      const resumed = askedFor(lecture).at(-1);
      assert.ok((resumed?.bytesSent ?? long.bytes) <= long.bytes - 19 * MIB, "what was written down at the end was fetched again");
    });
  }

  it("while it waits for a person parks, and waits again when it is started again", async () => {
    const lecture = scene.lecture();
    const home = await scene.newHome();
    const first = await scene.start({ home });
    const { id } = await first.start(pageOf(lecture), { key: "waiting" });
    await first.reaches(id, ["waiting_for_cookies"]);
    assert.equal((await first.leave()).code, 0);
    const second = await scene.start({ home });
    assert.equal(second.bridge.host?.unfinished[0]?.state, "parked");
    await second.start(pageOf(lecture), { key: "waiting" });
    await second.reaches(id, ["waiting_for_cookies"]);
    await second.signIn();
    await assertSaved(await second.reaches(id, OVER), lecture.audio);
  });

  it("keeps no cookie for the next one", async () => {
    const home = await scene.newHome();
    const first = await ready({ home });
    await first.leave();
    const second = await scene.start({ home });
    assert.deepEqual((await second.bridge.vault.status()).entries, []);
  });
});

describe("two browsers at once", () => {
  it("do not steal each other's captures, and each sees what the other has done", async () => {
    const home = await scene.newHome();
    const mine = await ready({ home });
    const lecture = scene.lecture();
    const running = await held(mine, lecture, 30_000, { key: "shared" });

    const other = await ready({ home });
    assert.deepEqual(other.bridge.host?.unfinished.map(({ id }) => id), [running.id]);
    const shown = await other.start(pageOf(lecture), { key: "shared" });
    assert.equal(shown.id, running.id);
    assert.ok(!OVER.includes(shown.state));
    for (const how of ["pause", "cancel", "remove"] as const) await assertRefused(other.bridge.captures[how](running.id), "not_ready");
    const own = scene.lecture();
    await assertSaved(await other.capture(pageOf(own)), own.audio);
    assert.equal(askedFor(lecture).length, 1, "the other host fetched it too");

    scene.peers.cdn.clearFaults();
    await assertSaved(await mine.reaches(running.id, OVER), lecture.audio);
    const seen = await other.bridge.captures.get(running.id);
    assert.equal(seen.state, "done");
    const both = (await other.bridge.captures.list()).captures.map(({ id }) => id);
    assert.deepEqual(both, (await mine.bridge.captures.list()).captures.map(({ id }) => id));
    assert.equal(both.length, 2);
  });

  it("pass a capture on when one of them ends", async () => {
    const home = await scene.newHome();
    const mine = await ready({ home });
    const lecture = scene.lecture();
    const { id } = await held(mine, lecture, 30_000, { key: "passed on" });
    const other = await ready({ home });
    await mine.kill();
    await other.start(pageOf(lecture), { key: "passed on" });
    await assertSaved(await other.reaches(id, OVER), lecture.audio);
  });
});

describe("a capture that is steered", () => {
  it("stands still while it is paused, and goes on from its byte", async () => {
    const lecture = scene.lecture();
    const host = await ready();
    const { id } = await held(host, lecture, 30_000);
    const paused = await host.bridge.captures.pause(id);
    assert.equal(paused.state, "parked");
    await scene.peers.cdn.waitForRequest(({ path, outcome }) => path.startsWith(soundOf(lecture)) && outcome === "cut");
    assert.equal((await host.bridge.captures.pause(id)).state, "parked");
    await host.bridge.captures.retry(id);
    const done = await host.reaches(id, OVER);
    await assertSaved(done, lecture.audio);
    assert.equal(done.attempt, 1);
    const resumed = askedFor(lecture).at(-1);
    assert.equal(resumed?.status, 206);
    assert.ok(resumed.bytesSent < lecture.audio.bytes);
  });

  it("has stopped its transfer when cancel answers, and the same key starts it anew", async () => {
    const lecture = scene.lecture();
    const host = await ready();
    const { id } = await held(host, lecture, 30_000, { key: "cancelled" });
    const cancelled = await host.bridge.captures.cancel(id);
    assert.equal(cancelled.state, "cancelled");
    assert.equal(cancelled.error?.data.kind, "cancelled");
    assert.notEqual(cancelled.endedAt, undefined);
    await scene.peers.cdn.waitForRequest(({ path, outcome }) => path.startsWith(soundOf(lecture)) && outcome === "cut");
    assert.equal((await host.bridge.captures.cancel(id)).state, "cancelled");
    const again = await host.start(pageOf(lecture), { key: "cancelled" });
    assert.deepEqual([again.id, again.attempt, again.error], [id, 2, undefined]);
    await assertSaved(await host.reaches(id, OVER), lecture.audio);
    assert.equal(askedFor(lecture).at(-1)?.status, 206);
  });

  it("is gone with its part and its journal when it is removed", async () => {
    const lecture = scene.lecture();
    const home = await scene.newHome();
    const host = await ready({ home });
    const { id } = await held(host, lecture, 30_000);
    await host.bridge.captures.remove(id);
    await assertRefused(host.bridge.captures.get(id), "unknown_capture");
    assert.deepEqual((await host.bridge.captures.list()).captures, []);
    await host.leave();
    assert.deepEqual((await scene.filesLeft()).filter((file) => file.startsWith(home) && file.includes(id)), []);
  });

  it("is gone from the list but not from the folder when it is removed after it was done", async () => {
    const lecture = scene.lecture();
    const host = await ready({ home: await scene.newHome() });
    const done = await host.capture(pageOf(lecture));
    await host.bridge.captures.remove(done.id);
    assert.deepEqual((await host.bridge.captures.list()).captures, []);
    assert.equal((await scene.read(done.result?.file ?? "")).length, lecture.audio.bytes);
  });

  it("of the same key is the same one while it runs, and when it is done", async () => {
    const lecture = scene.lecture();
    const host = await ready();
    const running = await held(host, lecture, 30_000, { key: "twice" });
    const same = await host.start(pageOf(lecture), { key: "twice" });
    assert.deepEqual([same.id, same.state, same.attempt], [running.id, "downloading", 1]);
    scene.peers.cdn.clearFaults();
    const done = await host.reaches(running.id, OVER);
    const again = await host.start(pageOf(lecture), { key: "twice" });
    assert.deepEqual(again, done);
    assert.equal(askedFor(lecture).length, 1);
    assert.deepEqual(await host.bridge.captures.retry(running.id), done);
    assert.deepEqual(await host.bridge.captures.cancel(running.id), done);
  });

  it("of the same key begins its next attempt after it failed", async () => {
    const lecture = scene.lecture({ stream: "none" });
    const host = await ready();
    onSound(lecture, { kind: "gzip" }, { times: 2 });
    for (const attempt of [1, 2]) {
      const failed = await host.capture(pageOf(lecture), { key: "failed" });
      assertFailed(failed, "not_media");
      assert.equal(failed.attempt, attempt);
    }
    const done = await host.capture(pageOf(lecture), { key: "failed" });
    await assertSaved(done, lecture.audio);
    assert.equal(done.attempt, 3);
  });

  it("without a key is another one each time", async () => {
    const lecture = scene.lecture();
    const host = await ready();
    const [one, two] = [await host.capture(pageOf(lecture)), await host.capture(pageOf(lecture))];
    assert.notEqual(one.id, two.id);
  });

  for (const how of ["get", "pause", "cancel", "retry", "remove", "reveal"] as const) {
    it(`is unknown to ${how} where there is none`, async () => {
      const host = await scene.start();
      for (const id of ["nothing", "../../etc/passwd", "a".repeat(100)]) await assertRefused(host.bridge.captures[how](id), "unknown_capture");
    });
  }
});

describe("reveal", () => {
  it("hands the file's folder to the system's file manager", async () => {
    const home = await scene.newHome();
    const bin = join(home, "bin");
    const told = join(home, "told");
    await mkdir(bin);
    await writeFile(join(bin, "xdg-open"), `#!/bin/sh\nprintf '%s' "$1" > '${told}.new' && mv '${told}.new' '${told}'\n`, { mode: 0o755 });
    const host = await ready({ home, env: { PATH: `${bin}:/usr/bin:/bin` } });
    const done = await host.capture(pageOf(scene.lecture()));
    await host.bridge.captures.reveal(done.id);
    await fileAppears(home, "told");
    assert.equal((await scene.read(told)).toString(), join(home, "Music", "Auricle"));
  });

  it("says why it cannot, of one that has no file", async () => {
    const host = await ready();
    const failed = await host.capture(pageOf(scene.peers.lectures.downloadsOff));
    await assertRefused(host.bridge.captures.reveal(failed.id), "not_found");
    const delivered = await host.capture(pageOf(scene.lecture()), { deliver: scene.toBackend });
    await assertRefused(host.bridge.captures.reveal(delivered.id), "not_found");
  });
});

describe("many captures", () => {
  it("run as many at once as configured; the others wait in their order", async () => {
    const host = await ready({ config: { captures: { atOnce: 1 } } });
    assert.equal(host.bridge.host?.limits.captures, 1);
    const [first, second] = [scene.lecture(), scene.lecture()];
    const running = await held(host, first, 30_000);
    const waiting = await host.start(pageOf(second));
    assert.equal((await host.bridge.captures.get(waiting.id)).state, "queued");
    assert.deepEqual(askedFor(second), []);
    const cancelled = await host.bridge.captures.cancel((await host.start(pageOf(scene.lecture()))).id);
    assert.equal(cancelled.state, "cancelled");
    scene.peers.cdn.clearFaults();
    await assertSaved(await host.reaches(running.id, OVER), first.audio);
    await assertSaved(await host.reaches(waiting.id, OVER), second.audio);
  });

  it("let the next one begin while one waits for a person", async () => {
    const host = await scene.start({ config: { captures: { atOnce: 1 } } });
    const { id } = await host.start(pageOf(scene.lecture()));
    await host.reaches(id, ["waiting_for_cookies"]);
    const open = scene.lecture({ access: "public" });
    await assertSaved(await host.capture(pageOf(open)), open.audio);
  });

  it("are listed newest first, page by page", async () => {
    const host = await ready({ home: await scene.newHome() });
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) ids.unshift((await host.capture(pageOf(scene.lecture()))).id);
    const pages: string[][] = [];
    let after: string | number | undefined;
    do {
      const page = await host.bridge.captures.list({ limit: 2, ...(after === undefined ? {} : { after }) });
      pages.push(page.captures.map(({ id }) => id));
      after = page.next;
    } while (after !== undefined && pages.length < 9);
    assert.deepEqual(pages, [ids.slice(0, 2), ids.slice(2, 4), ids.slice(4)]);
    await assertRefused(host.bridge.captures.list({ after: "nothing" }), "bad_params", "/after");
    assert.deepEqual((await host.bridge.captures.list({ after: ids.at(-1) ?? "" })).captures, []);
  });
});

describe("a configuration that cannot be read", () => {
  it("lets the host say hello, and is the reason why nothing is captured", async () => {
    const host = await scene.start({ config: { netwrk: {} } });
    assert.equal(host.bridge.host?.protocol, 1);
    await host.signIn();
    const refusal = await host.start(pageOf(scene.lecture())).then(
      () => assert.fail("it was started"),
      (error: unknown) => error as Error,
    );
    assert.match(refusal.message, /"netwrk" is not a key.*Did you mean "network"/s);
    assert.match(host.port.stderr, /netwrk/);
  });

  it("leaves what was done before in sight", async () => {
    const home = await scene.newHome();
    const before = await ready({ home });
    const done = await before.capture(pageOf(scene.lecture()));
    await before.leave();
    const host = await scene.start({ home, config: { captures: { atOnce: 0 } } });
    assert.deepEqual((await host.bridge.captures.list()).captures, [done]);
  });
});

/** The file system tells of it; nothing is asked again and again. */
async function fileAppears(folder: string, name: string): Promise<void> {
  const watcher = watch(folder, { signal: AbortSignal.timeout(60_000) });
  try {
    await new Promise<void>((appeared, failed) => {
      const look = (): void => {
        if (existsSync(join(folder, name))) appeared();
      };
      watcher.on("change", look);
      watcher.once("error", failed);
      watcher.once("close", () => failed(new Error(`no ${name} appeared in ${folder}`)));
      // Watched from above on, so that one comes before this look.
      look();
    });
  } finally {
    watcher.close();
  }
}
