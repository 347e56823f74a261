// Sessions that end while captures run: one refresh for all of them, and every one goes on at its byte.
import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import type { RefreshAnswer, RefreshStatusResult } from "../../extension-bridge/bridge/src/index.ts";
import type { Lecture } from "../peers/panopto/lecture.ts";
import type { RequestRecord } from "../peers/wire/record.ts";
import { assertFailed, assertNoLeak, assertRefused, assertSaved } from "./support/assertions.ts";
import { OVER, type RunningHost } from "./support/running-host.ts";
import { ORIGIN, Scene } from "./support/scene.ts";

let scene: Scene;
before(async () => {
  scene = await Scene.open();
});
afterEach(async () => {
  await scene.rest();
  assertNoLeak(scene.peers);
});
after(() => scene.close());

const DELIVERY_INFO = "/Panopto/Pages/Viewer/DeliveryInfo.aspx";
const CAPTURES = 100;
const AT_ONCE = 32;

/** Nothing at the site since then with these cookies. */
function askedWith(cookie: string, since: number): RequestRecord[] {
  return scene.peers.site.requests.slice(since).filter((request) => request.cookie?.includes(cookie));
}

function soundOf(lecture: Lecture): string {
  return `/sessions/${lecture.sessionId}/`;
}

function fetchesOf(lecture: Lecture, since = 0): RequestRecord[] {
  return scene.peers.cdn.requests.slice(since).filter(({ method, path }) => method === "GET" && path.startsWith(soundOf(lecture)));
}

/** A promise, and what fulfils it. */
function gate<T>(): { opened: Promise<T>; open: (value: T) => void } {
  let open: (value: T) => void = () => undefined;
  const opened = new Promise<T>((resolve) => (open = resolve));
  return { opened, open };
}

async function counts(host: RunningHost): Promise<RefreshStatusResult["status"]> {
  return (await host.bridge.refreshes.status()).status;
}

/** Captures that stand parked with `bytes` of their sound. */
async function parkAt(host: RunningHost, lectures: readonly Lecture[], bytes: number): Promise<string[]> {
  scene.peers.cdn.fail({ kind: "stall", afterBytes: bytes }, { method: "GET", path: "/sessions/", times: lectures.length });
  const ids = await Promise.all(
    lectures.map(async (lecture) => {
      const { id } = await host.start(scene.peers.viewerUrl(lecture));
      await host.satisfies(id, ({ done }) => done >= bytes, 60_000);
      assert.equal((await host.bridge.captures.pause(id)).state, "parked");
      return id;
    }),
  );
  scene.peers.cdn.clearFaults();
  return ids;
}

describe("a hundred captures that meet one expired session", () => {
  it("cost one refresh, go on at their byte, and use the old cookies no more", async () => {
    const answer = gate<RefreshAnswer>();
    const host = await scene.start({ config: { captures: { atOnce: AT_ONCE } }, onRefreshWanted: () => answer.opened });
    const old = await host.signIn();
    const lectures = Array.from({ length: CAPTURES }, () => scene.lecture());
    const half = Math.floor((lectures[0]?.audio.bytes ?? 0) / 2);
    const ids = await parkAt(host, lectures, half);

    // All that may run at once have asked before one of them hears that the session is over.
    const held = scene.peers.site.fail({ kind: "silence" }, { path: DELIVERY_INFO, times: AT_ONCE });
    scene.peers.site.endSession(old);
    const since = scene.peers.site.requests.length;
    const fetchedBefore = scene.peers.cdn.requests.length;
    for (const id of ids) await host.bridge.captures.retry(id);
    await scene.peers.site.waitForRequest(() => held.hits === AT_ONCE);
    held.release();
    await Promise.all(ids.map((id) => host.reaches(id, ["waiting_for_cookies"])));
    assert.equal(askedWith(old, since).length, AT_ONCE, "old cookies were used after the failure was known");
    assert.deepEqual(await counts(host), { waiting: 0, active: 1, delayed: 0, completed: 0, failed: 0, total: 1 });

    const renewed = scene.peers.site.requests.length;
    await host.signIn();
    answer.open({ done: true });
    const done = await Promise.all(ids.map((id) => host.reaches(id, OVER, 60_000)));
    for (const [index, capture] of done.entries()) {
      const lecture = lectures[index] as Lecture;
      await assertSaved(capture, lecture.audio);
      const fetches = fetchesOf(lecture, fetchedBefore);
      assert.deepEqual(fetches.map(({ headers }) => headers["range"]), [`bytes=${String(half)}-`]);
      assert.equal(fetches[0]?.bytesSent, lecture.audio.bytes - half);
    }
    assert.equal(host.wanted.length, 1);
    assert.deepEqual(askedWith(old, renewed), []);
    assert.deepEqual(await counts(host), { waiting: 0, active: 0, delayed: 0, completed: 1, failed: 0, total: 1 });
  });
});

describe("a person who signs out in mid-download and in again", () => {
  it("gets the same file, bit for bit, fetched once", async () => {
    const lecture = scene.lecture();
    const half = Math.floor(lecture.audio.bytes / 2);
    const host = await scene.start({ onRefreshWanted: () => Promise.resolve({ failed: "login_required" }) });
    const old = await host.signIn();
    const stalled = scene.peers.cdn.fail({ kind: "stall", afterBytes: half }, { method: "GET", path: soundOf(lecture) });
    scene.peers.cdn.fail({ kind: "reset", afterBytes: half + 1 }, { method: "GET", path: soundOf(lecture) });
    const { id } = await host.start(scene.peers.viewerUrl(lecture));
    await host.satisfies(id, ({ done }) => done >= half);
    scene.peers.site.endSession(old);
    stalled.release();
    await host.reaches(id, ["waiting_for_cookies"]);
    const since = scene.peers.site.requests.length;
    await host.signIn();
    await assertSaved(await host.reaches(id, OVER), lecture.audio);
    assert.deepEqual(askedWith(old, since), []);
    const [first, second] = fetchesOf(lecture);
    assert.equal(first?.headers["range"], undefined);
    const from = Number(/^bytes=(\d+)-$/.exec(second?.headers["range"] ?? "")?.[1]);
    assert.ok(from >= half, String(second?.headers["range"]));
    assert.equal(second?.bytesSent, lecture.audio.bytes - from);
  });
});

describe("cookies that were put and are no good", () => {
  it("give way once to those that were there before, and nobody is asked", async () => {
    const lecture = scene.lecture();
    const host = await scene.start();
    await host.signIn();
    await host.putCookies("0BAD".repeat(128));
    await assertSaved(await host.capture(scene.peers.viewerUrl(lecture)), lecture.audio);
    assert.deepEqual(host.wanted, []);
  });
});

describe("a refresh", () => {
  it("is asked for a second time where the extension does not answer in time, under another id", async () => {
    const lecture = scene.lecture();
    const host: RunningHost = await scene.start({
      config: { refresh: { deadlineMs: 150 } },
      onRefreshWanted: async ({ attempt }) => {
        if (attempt === 1) return new Promise<RefreshAnswer>(() => undefined);
        await host.signIn();
        return { done: true };
      },
    });
    scene.peers.site.endSession(await host.signIn());
    await assertSaved(await host.capture(scene.peers.viewerUrl(lecture)), lecture.audio);
    assert.deepEqual(host.wanted.map(({ attempt }) => attempt), [1, 2]);
    assert.notEqual(host.wanted[0]?.id, host.wanted[1]?.id);
  });

  it("is not asked for more often than the configuration has it; a sign-in is taken all the same", async () => {
    const host: RunningHost = await scene.start({
      config: { refresh: { perHour: 1, burst: 1 }, captures: { signInMs: 400 } },
      onRefreshWanted: async () => {
        await host.signIn();
        return { done: true };
      },
    });
    scene.peers.site.endSession(await host.signIn());
    const first = scene.lecture();
    await assertSaved(await host.capture(scene.peers.viewerUrl(first)), first.audio);
    assert.equal(host.wanted.length, 1);

    scene.peers.site.endAllSessions();
    const refused = await host.capture(scene.peers.viewerUrl(scene.lecture()));
    assertFailed(refused, "rate_limited");
    assert.ok(Number(refused.error?.data["retryAfterMs"]) > 3_500_000);
    const triggered = await assertRefused(host.bridge.refreshes.trigger({ site: "panopto", origin: ORIGIN, reason: "manual_trigger" }), "rate_limited");
    assert.ok(Number(triggered.data["retryAfterMs"]) > 3_500_000);

    const second = scene.lecture();
    const { id } = await host.start(scene.peers.viewerUrl(second));
    await host.reaches(id, ["waiting_for_cookies"]);
    await host.signIn();
    await assertSaved(await host.reaches(id, OVER), second.audio);
    assert.equal(host.wanted.length, 1);
  });

  it("of a 403 at the CDN is none: the site gives a new address, and nobody is asked for cookies", async () => {
    const lecture = scene.lecture();
    const half = Math.floor(lecture.audio.bytes / 2);
    const target = { method: "GET", path: soundOf(lecture) };
    scene.peers.cdn.fail({ kind: "reset", afterBytes: half }, target);
    scene.peers.cdn.fail({ kind: "status", status: 403 }, { ...target, after: 1 });
    const host = await scene.start();
    await host.signIn();
    await assertSaved(await host.capture(scene.peers.viewerUrl(lecture)), lecture.audio);
    assert.deepEqual(host.wanted, []);
  });

  it("comes ahead of time where a long capture meets a session that is about to end", async () => {
    const { short } = scene.peers.lectures;
    const lecture = scene.lecture({ video: { ...short.video, durationMs: 3_600_000 } });
    const host: RunningHost = await scene.start({
      onRefreshWanted: async () => {
        await host.signIn();
        return { done: true };
      },
    });
    const value = scene.peers.site.signInDirectly();
    const soonS = Math.floor(Date.now() / 1000) + 120;
    const cookies = scene.cookies(value).map((cookie) => ({ ...cookie, session: false, expirationDate: soonS }));
    await host.bridge.putCookies({ site: "panopto", origin: ORIGIN, store: "0", cookies });
    await host.capture(scene.peers.viewerUrl(lecture));
    assert.deepEqual(host.wanted.map(({ reason, attempt }) => [reason, attempt]), [["stale", 1]]);
    const { entries } = await host.bridge.vault.status();
    assert.notEqual(entries.find(({ slot }) => slot === "active")?.freshness, "stale");
  });

  it("does not come ahead of time for a short capture, nor for a session that has time left", async () => {
    const host = await scene.start();
    const soonS = Math.floor(Date.now() / 1000) + 120;
    const cookies = scene.cookies(scene.peers.site.signInDirectly()).map((cookie) => ({ ...cookie, session: false, expirationDate: soonS }));
    await host.bridge.putCookies({ site: "panopto", origin: ORIGIN, store: "0", cookies });
    const lecture = scene.lecture();
    await assertSaved(await host.capture(scene.peers.viewerUrl(lecture)), lecture.audio);
    await host.signIn();
    const { short } = scene.peers.lectures;
    await host.capture(scene.peers.viewerUrl(scene.lecture({ video: { ...short.video, durationMs: 3_600_000 } })));
    assert.deepEqual(host.wanted, []);
  });
});

describe("refresh.trigger and refresh.status", () => {
  it("answer in the form of the queue that they replace", async () => {
    const host: RunningHost = await scene.start({
      onRefreshWanted: async () => {
        await host.signIn();
        return { done: true };
      },
    });
    await host.signIn();
    assert.deepEqual(await host.bridge.refreshes.status(), { success: true, queue: "cookie-refresh", status: { waiting: 0, active: 0, delayed: 0, completed: 0, failed: 0, total: 0 } });
    const { id, ...triggered } = await host.bridge.refreshes.trigger({ site: "panopto", reason: "manual_trigger" });
    assert.deepEqual(triggered, { success: true, message: "Cookie refresh job triggered successfully", reason: "manual_trigger" });
    assert.match(id, /^\d+$/);
    while ((await counts(host)).active > 0) await host.bridge.vault.status();
    assert.deepEqual(await counts(host), { waiting: 0, active: 0, delayed: 0, completed: 1, failed: 0, total: 1 });
    assert.deepEqual(host.wanted.map(({ reason, origin, store }) => [reason, origin, store]), [["manual_trigger", ORIGIN, "0"]]);
  });

  it("count one that brought nothing as failed", async () => {
    const host = await scene.start({ onRefreshWanted: () => Promise.resolve({ done: true }) });
    await host.signIn();
    await host.bridge.refreshes.trigger({ site: "panopto", origin: ORIGIN, reason: "manual_trigger" });
    while ((await counts(host)).active > 0) await host.bridge.vault.status();
    assert.equal((await counts(host)).failed, 1);
  });

  it("want to be told whose cookies, where there are those of none or of several", async () => {
    const host = await scene.start();
    const trigger = () => host.bridge.refreshes.trigger({ site: "panopto", reason: "manual_trigger" });
    await assertRefused(trigger(), "bad_params", "/origin");
    await host.signIn();
    await host.signIn("other.hosted.panopto.com");
    await assertRefused(trigger(), "bad_params", "/origin");
    assert.deepEqual(host.wanted, []);
  });
});
