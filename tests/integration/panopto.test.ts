// Panopto, the direct way: which pages are known, what a session's end looks like, and what is no lecture's sound.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, afterEach, before, describe, it } from "node:test";
import type { ErrorKind } from "../../extension-bridge/bridge/src/index.ts";
import { packetsOf } from "../peers/media/packets.ts";
import { CDN_HOST_EU } from "../peers/panopto/cdn.ts";
import type { Lecture, LoggedOutForm, PodcastRefusal } from "../peers/panopto/lecture.ts";
import { SITE_HOST } from "../peers/panopto/site.ts";
import type { RequestRecord } from "../peers/wire/record.ts";
import { assertFailed, assertNoLeak, assertRefused, assertSaved } from "./support/assertions.ts";
import { OVER } from "./support/running-host.ts";
import { ORIGIN, Scene } from "./support/scene.ts";

let scene: Scene;
before(async () => {
  scene = await Scene.open();
});
afterEach(async () => {
  scene.peers.site.loggedOut = "json-error-2";
  scene.peers.site.podcastRefusal = "403";
  await scene.rest();
  assertNoLeak(scene.peers);
});
after(() => scene.close());

const podcastOf = (lecture: Lecture): string => `/Panopto/Podcast/Download/${lecture.deliveryId}.mp4`;

function askedFor(lecture: Lecture): RequestRecord[] {
  return scene.peers.site.requests.filter(({ path }) => path.startsWith(podcastOf(lecture)));
}

describe("a Panopto page", () => {
  const viewer = "/Panopto/Pages/Viewer.aspx";
  const forms: [string, (id: string) => string][] = [
    ["is known by its id", (id) => `${viewer}?id=${id}`],
    ["is known with parameters around the id", (id) => `${viewer}?randomparam=x&id=${id}&advance=true`],
    ["is known with an id in capitals", (id) => `${viewer}?id=${id.toUpperCase()}`],
    ["is known with a starting time and a fragment", (id) => `${viewer}?id=${id}&start=61.5&query=sound#here`],
    ["is known within a playlist", (id) => `${viewer}?pid=5015fe0b-af9d-465f-af3a-ae2400ac29ae&id=${id}`],
    ["is known in any case of its path", (id) => `/panopto/pages/VIEWER.aspx?ID=${id}`],
    ["is known when it is embedded elsewhere", (id) => `/Panopto/Pages/Embed.aspx?autoplay=false&id=${id}&offerviewer=true`],
    ["is taken by its id where it names a topic too", (id) => `${viewer}?tid=5015fe0b-af9d-465f-af3a-ae2400ac29ae&id=${id}`],
  ];
  for (const [name, path] of forms) {
    it(name, async () => {
      const lecture = scene.lecture();
      const host = await scene.start();
      await host.signIn();
      const done = await host.capture(`${ORIGIN}${path(lecture.deliveryId)}`);
      await assertSaved(done, lecture.audio);
      assert.equal(done.site, "panopto");
    });
  }

  it("is known by a topic's id, and its sound is asked for by the delivery's", async () => {
    const { topic } = scene.peers.lectures;
    const host = await scene.start();
    await host.signIn();
    await assertSaved(await host.capture(scene.peers.viewerUrl(topic)), topic.audio);
    assert.equal(askedFor(topic).length, 1);
  });

  it("is captured by the delivery's id where the session has another one", async () => {
    const { twoIds } = scene.peers.lectures;
    const host = await scene.start();
    await host.signIn();
    await assertSaved(await host.capture(scene.peers.viewerUrl(twoIds)), twoIds.audio);
  });

  for (const tenant of ["other.hosted.panopto.com", "uni.cloud.panopto.eu"]) {
    it(`is known at ${tenant}, and only that tenant's cookies go there`, async () => {
      const lecture = scene.lecture();
      const host = await scene.start();
      const here = await host.signIn();
      const there = await host.signIn(tenant);
      await assertSaved(await host.capture(scene.peers.viewerUrl(lecture, tenant)), lecture.audio);
      const brought = scene.peers.site.requests.filter((request) => request.host === tenant).map(({ cookie }) => cookie ?? "");
      assert.ok(brought.some((cookie) => cookie.includes(there)));
      assert.ok(brought.every((cookie) => !cookie.includes(here)));
      if (tenant.endsWith(".eu")) await scene.peers.cdn.waitForRequest(({ host: name }) => name === CDN_HOST_EU);
    });
  }

  it("of a university's own name is known once it is configured", async () => {
    const tenant = "lectures.uni.example";
    const lecture = scene.lecture();
    const page = scene.peers.viewerUrl(lecture, tenant);
    const stranger = await scene.start();
    await assertRefused(stranger.start(page), "unsupported_site");
    const host = await scene.start({ config: { sites: { panopto: { hosts: [tenant] } } } });
    await host.signIn(tenant);
    await assertSaved(await host.capture(page), lecture.audio);
  });

  const foreign = [
    "https://example.com/Panopto/Pages/Viewer.aspx?id=5015fe0b-af9d-465f-af3a-ae2400ac29ae",
    "https://uni.hosted.panopto.com.stranger.example/Panopto/Pages/Viewer.aspx?id=5015fe0b-af9d-465f-af3a-ae2400ac29ae",
    "https://panopto.com/Panopto/Pages/Viewer.aspx?id=5015fe0b-af9d-465f-af3a-ae2400ac29ae",
    "https://uni.hosted.panopto.com:8443/nothing?id=5015fe0b-af9d-465f-af3a-ae2400ac29ae",
    "https://uni.hosted.panopto.com/Panopto/Pages/Home.aspx",
    "https://uni.hosted.panopto.com/Panopto/Pages/Viewer.aspx?id=../../etc/passwd",
    "https://uni.hosted.panopto.com/Panopto/Pages/Viewer.aspx",
  ];
  for (const page of foreign) {
    it(`is not taken for one where it is none: ${page}`, async () => {
      const host = await scene.start();
      await assertRefused(host.start(page), "unsupported_site");
    });
  }

  for (const page of ["http://uni.hosted.panopto.com/Panopto/Pages/Viewer.aspx?id=5015fe0b-af9d-465f-af3a-ae2400ac29ae", "https://me:secret@uni.hosted.panopto.com/Panopto/Pages/Viewer.aspx?id=5015fe0b-af9d-465f-af3a-ae2400ac29ae", "file:///etc/passwd", "not an address"]) {
    it(`is refused as an address: ${page.replace("secret", "…")}`, async () => {
      const host = await scene.start();
      const refusal = await assertRefused(host.start(page), "bad_params", "/page");
      assert.doesNotMatch(refusal.message, /secret/);
    });
  }
});

describe("what is told of a lecture", () => {
  it("is its title, its length, and what the video would have cost", async () => {
    const lecture = scene.lecture({ title: "Hören & Verstehen: “Schall” 3/4" });
    const host = await scene.start();
    await host.signIn();
    const done = await host.capture(scene.peers.viewerUrl(lecture));
    await assertSaved(done, lecture.audio);
    assert.equal(done.title, lecture.title);
    assert.ok(Math.abs((done.result?.durationMs ?? 0) - lecture.audio.durationMs) < 200, String(done.result?.durationMs));
    assert.deepEqual(done.plan, { how: "audio-direct", bytes: lecture.audio.bytes, wholeBytes: lecture.video.bytes });
    assert.equal(done.total, lecture.audio.bytes);
    assert.equal(done.done, lecture.audio.bytes);
    assert.ok(Math.abs((done.saved ?? 0) - (1 - lecture.audio.bytes / lecture.video.bytes)) < 0.001);
  });

  it("is fetched without waiting for what the video would have cost", async () => {
    const lecture = scene.lecture();
    const host = await scene.start();
    await host.signIn();
    const silent = scene.peers.cdn.fail({ kind: "silence" }, { method: "HEAD" });
    const { id } = await host.start(scene.peers.viewerUrl(lecture));
    await host.satisfies(id, ({ done }) => done === lecture.audio.bytes);
    const { plan, saved } = await host.bridge.captures.get(id);
    assert.deepEqual([plan?.wholeBytes, saved], [null, null]);
    silent.release();
    const done = await host.reaches(id, OVER);
    await assertSaved(done, lecture.audio);
    assert.equal(done.plan?.wholeBytes, lecture.video.bytes);
  });

  it("is that the video's cost is not known where its host does not say", async () => {
    const lecture = scene.lecture();
    const host = await scene.start();
    await host.signIn();
    scene.peers.cdn.fail({ kind: "status", status: 503 }, { method: "HEAD" });
    const done = await host.capture(scene.peers.viewerUrl(lecture));
    await assertSaved(done, lecture.audio);
    assert.deepEqual([done.plan?.wholeBytes, done.saved], [null, null]);
  });

  it("is cancelled at once while that is still being asked", async () => {
    const lecture = scene.lecture();
    const host = await scene.start();
    await host.signIn();
    scene.peers.cdn.fail({ kind: "silence" }, { method: "HEAD" });
    const { id } = await host.start(scene.peers.viewerUrl(lecture));
    await host.satisfies(id, ({ done }) => done === lecture.audio.bytes);
    assert.equal((await host.bridge.captures.cancel(id)).state, "cancelled");
  });

  it("is the page's own title where the extension gave one", async () => {
    const lecture = scene.lecture();
    const host = await scene.start();
    await host.signIn();
    const done = await host.capture(scene.peers.viewerUrl(lecture), { title: "My own words" });
    assert.equal(done.title, "My own words");
  });

  it("is nothing of the person: not in a frame, a file, the standard error or at the backend", async () => {
    const lecture = scene.lecture();
    const host = await scene.start({ config: { log: { level: "debug" } } });
    await host.signIn();
    await host.putToken();
    for (const deliver of [scene.toBackend, { to: "folder" as const }]) {
      const done = await host.capture(scene.peers.viewerUrl(lecture), { deliver });
      assert.equal(done.state, "done", JSON.stringify(done.error));
    }
    const { exited } = host.port;
    await host.leave();
    await exited;
    const personal = scene.peers.site.personalData();
    assert.ok(personal.length >= 3);
    const places: [string, Buffer][] = [
      ["the frames", Buffer.from(JSON.stringify(host.frames))],
      ["standard error", Buffer.from(host.port.stderr)],
      ["the backend", scene.peers.backend.received()],
    ];
    for (const file of await scene.filesLeft()) places.push([file, await readFile(file)]);
    assert.ok(places.length > 4);
    for (const [place, bytes] of places) {
      for (const word of personal) assert.ok(!bytes.includes(word), `${word} is in ${place}`);
    }
  });
});

describe("a session that has ended", () => {
  const forms: readonly LoggedOutForm[] = ["json-error-2", "html-200", "redirect-to-login", "redirect-sso", "401"];
  for (const form of forms) {
    it(`is seen in DeliveryInfo's ${form}; the capture waits and goes on with new cookies`, async () => {
      scene.peers.site.loggedOut = form;
      const lecture = scene.lecture();
      const host = await scene.start();
      const old = await host.signIn();
      scene.peers.site.endSession(old);
      const { id } = await host.start(scene.peers.viewerUrl(lecture));
      await host.reaches(id, ["waiting_for_cookies"]);
      const { id: refresh = "", ...wanted } = host.wanted[0] ?? {};
      assert.deepEqual(wanted, { kind: "cookies", site: "panopto", origin: ORIGIN, store: "0", reason: "session_expired", attempt: 1 });
      assert.notEqual(refresh, "");
      await host.signIn();
      await assertSaved(await host.reaches(id, OVER), lecture.audio);
      assert.equal(host.wanted.length, 1);
    });
  }

  const refusals: readonly PodcastRefusal[] = ["403", "html-200", "redirect-to-login"];
  for (const refusal of refusals) {
    it(`is seen when it ends between DeliveryInfo and the sound: ${refusal}`, async () => {
      scene.peers.site.podcastRefusal = refusal;
      const lecture = scene.lecture();
      const silence = scene.peers.site.fail({ kind: "silence" }, { path: podcastOf(lecture) });
      const host = await scene.start();
      const old = await host.signIn();
      const { id } = await host.start(scene.peers.viewerUrl(lecture));
      await scene.peers.site.waitForRequest(({ path }) => path.startsWith(podcastOf(lecture)));
      scene.peers.site.endSession(old);
      silence.release();
      await host.reaches(id, ["waiting_for_cookies"]);
      assert.equal(host.wanted[0]?.reason, "session_expired");
      await host.signIn();
      await assertSaved(await host.reaches(id, OVER), lecture.audio);
    });
  }

  it("is seen in a sign-in page that the CDN sends in place of the sound", async () => {
    const lecture = scene.lecture();
    const page = { kind: "status", status: 200, type: "text/html; charset=utf-8", body: "<!DOCTYPE html><title>Sign in</title>" } as const;
    scene.peers.cdn.fail(page, { path: `/sessions/${lecture.sessionId}/`, method: "GET", times: 1 });
    const host = await scene.start();
    await host.signIn();
    const { id } = await host.start(scene.peers.viewerUrl(lecture));
    await host.reaches(id, ["waiting_for_cookies"]);
    await host.signIn();
    await assertSaved(await host.reaches(id, OVER), lecture.audio);
  });

  it("is not renewed by the same cookies put again", async () => {
    const lecture = scene.lecture();
    const host = await scene.start();
    const old = await host.signIn();
    scene.peers.site.endSession(old);
    const { id } = await host.start(scene.peers.viewerUrl(lecture));
    await host.reaches(id, ["waiting_for_cookies"]);
    const asked = scene.peers.site.requests.length;
    await host.putCookies(old);
    assert.equal((await host.bridge.captures.get(id)).state, "waiting_for_cookies");
    await host.signIn();
    await assertSaved(await host.reaches(id, OVER), lecture.audio);
    const again = scene.peers.site.requests.slice(asked).filter(({ path }) => path.includes("DeliveryInfo"));
    assert.equal(again.length, 1, "the same cookies were tried once more");
  });

  it("keeps the capture waiting for the person where the extension has nothing newer", async () => {
    const lecture = scene.lecture();
    const host = await scene.start({ onRefreshWanted: () => Promise.resolve({ failed: "login_required" }) });
    const old = await host.signIn();
    scene.peers.site.endSession(old);
    const { id } = await host.start(scene.peers.viewerUrl(lecture));
    await host.reaches(id, ["waiting_for_cookies"]);
    // Its answer comes after the one to refresh.failed.
    assert.equal((await host.bridge.captures.get(id)).state, "waiting_for_cookies");
    await host.signIn();
    await assertSaved(await host.reaches(id, OVER), lecture.audio);
  });

  it("ends as login_required when nobody signs in", async () => {
    const host = await scene.start({ config: { captures: { signInMs: 200 } } });
    const old = await host.signIn();
    scene.peers.site.endSession(old);
    const failed = await host.capture(scene.peers.viewerUrl(scene.lecture()));
    assertFailed(failed, "login_required");
    assert.match(failed.error?.message ?? "", /[Ss]ign in/);
  });

  it("ends as login_required after two refreshes in vain", async () => {
    const host = await scene.start({
      onRefreshWanted: async () => {
        await host.signIn();
        return { done: true };
      },
    });
    await host.signIn();
    assertFailed(await host.capture(scene.peers.viewerUrl(scene.peers.lectures.forbidden)), "login_required");
    assert.deepEqual(
      host.wanted.map(({ reason }) => reason),
      ["session_expired", "session_expired"],
    );
  });

  it("goes on by itself when the extension answers refresh.wanted", async () => {
    const lecture = scene.lecture();
    const host = await scene.start({
      onRefreshWanted: async ({ kind, origin }) => {
        assert.deepEqual([kind, origin], ["cookies", ORIGIN]);
        await host.signIn();
        return { done: true };
      },
    });
    scene.peers.site.endSession(await host.signIn());
    await assertSaved(await host.capture(scene.peers.viewerUrl(lecture)), lecture.audio);
  });

  it("costs one refresh, however many captures it stops", async () => {
    const host = await scene.start({ config: { captures: { atOnce: 4 } } });
    scene.peers.site.endSession(await host.signIn());
    const lectures = Array.from({ length: 8 }, () => scene.lecture());
    const started = await Promise.all(lectures.map((lecture) => host.start(scene.peers.viewerUrl(lecture))));
    for (const { id } of started) await host.reaches(id, ["waiting_for_cookies"]);
    await host.signIn();
    const done = await Promise.all(started.map(({ id }) => host.reaches(id, OVER)));
    for (const capture of done) assert.equal(capture.state, "done", JSON.stringify(capture.error));
    assert.equal(host.wanted.length, 1);
  });
});

describe("without cookies", () => {
  it("a public recording is captured", async () => {
    const { public: open } = scene.peers.lectures;
    const host = await scene.start();
    await assertSaved(await host.capture(scene.peers.viewerUrl(open)), open.audio);
    assert.deepEqual(host.wanted, []);
  });

  it("a recording for members waits, and says that they are missing", async () => {
    const lecture = scene.lecture();
    const host = await scene.start();
    const { id } = await host.start(scene.peers.viewerUrl(lecture));
    await host.reaches(id, ["waiting_for_cookies"]);
    assert.equal(host.wanted[0]?.reason, "missing_cookies");
    await host.signIn();
    await assertSaved(await host.reaches(id, OVER), lecture.audio);
  });

  it("by choice (useCookies off), none is sent and none is asked for", async () => {
    const host = await scene.start({ config: { sites: { panopto: { useCookies: false } } } });
    await host.signIn();
    const before = scene.peers.site.requests.length;
    const open = scene.lecture({ access: "public" });
    await assertSaved(await host.capture(scene.peers.viewerUrl(open)), open.audio);
    const closed = await host.capture(scene.peers.viewerUrl(scene.lecture()));
    assertFailed(closed, "login_required");
    assert.match(closed.error?.message ?? "", /useCookies/);
    assert.deepEqual(host.wanted, []);
    const asked = scene.peers.site.requests.slice(before);
    assert.ok(asked.length >= 3);
    assert.deepEqual(asked.filter(({ cookie }) => cookie !== undefined), []);
  });

  it("of the tab's own store, those of another store are not taken", async () => {
    const host = await scene.start();
    await host.signIn();
    const { id } = await host.start(scene.peers.viewerUrl(scene.lecture()), { store: "firefox-container-1" });
    await host.reaches(id, ["waiting_for_cookies"]);
    assert.equal(host.wanted[0]?.store, "firefox-container-1");
  });
});

describe("a recording that cannot be had", () => {
  const rows: [string, () => string, ErrorKind][] = [
    ["whose owner has switched downloads off", () => scene.peers.viewerUrl(scene.peers.lectures.downloadsOff), "download_disabled"],
    ["that is not encoded in any way yet", () => scene.peers.viewerUrl(scene.lecture({ audioEncoded: false, stream: "none" })), "not_ready_yet"],
    ["that is archived, and can be restored,", () => scene.peers.viewerUrl(scene.peers.lectures.purged), "not_ready_yet"],
    ["that does not exist", () => `${ORIGIN}/Panopto/Pages/Viewer.aspx?id=00000000-0000-4000-8000-000000000000`, "not_found"],
    ["of a topic that does not exist", () => `${ORIGIN}/Panopto/Pages/Viewer.aspx?tid=00000000-0000-4000-8000-000000000000`, "not_found"],
  ];
  for (const [name, page, kind] of rows) {
    it(`${name} fails as ${kind}, asks for no refresh and tries no other way`, async () => {
      const host = await scene.start();
      await host.signIn();
      const cdn = scene.peers.cdn.requests.filter(({ method }) => method === "GET").length;
      const failed = await host.capture(page());
      assertFailed(failed, kind);
      assert.deepEqual(host.wanted, []);
      const whole = scene.peers.cdn.requests.filter(({ method }) => method === "GET").slice(cdn).filter(({ bytesSent }) => bytesSent > 65_536);
      assert.deepEqual(whole, []);
      assert.equal(failed.error?.data.retryable, kind === "not_ready_yet");
    });
  }
});

describe("a body that is no lecture's sound", () => {
  for (const name of ["text", "random", "zip", "empty", "silent"] as const) {
    it(`(${name}) fails as not_media, whatever its type says, and leaves no file`, async () => {
      const host = await scene.start({ home: await scene.newHome() });
      await host.signIn();
      const failed = await host.capture(scene.peers.viewerUrl(scene.peers.lectures[name]));
      assertFailed(failed, "not_media");
      assert.equal(failed.result, undefined);
      await host.leave();
      const left = (await scene.filesLeft()).filter((file) => /\/home-.*(Music|\.part)/.test(file));
      assert.deepEqual(left, []);
    });
  }

  it("(html) is a sign-in page, whatever its type says", async () => {
    const host = await scene.start({ config: { captures: { signInMs: 100 } } });
    await host.signIn();
    const failed = await host.capture(scene.peers.viewerUrl(scene.peers.lectures.html));
    assertFailed(failed, "login_required");
  });

  it("is not what a video is: its sound is taken out, and the capture says so", async () => {
    const { videoAsAudio, short } = scene.peers.lectures;
    const host = await scene.start();
    await host.signIn();
    const done = await host.capture(scene.peers.viewerUrl(videoAsAudio));
    assert.equal(done.state, "done", JSON.stringify(done.error));
    assert.equal(done.plan?.how, "audio-from-video");
    const file = done.result?.file ?? "";
    assert.match(file, /\.m4a$/);
    assert.deepEqual((await packetsOf(file)).digests, (await packetsOf(short.video.file)).digests);
  });

  it("is not what an MP3 is", async () => {
    const { mp3 } = scene.peers.lectures;
    const host = await scene.start();
    await host.signIn();
    const done = await host.capture(scene.peers.viewerUrl(mp3));
    assert.match(await assertSaved(done, mp3.audio), /\.mp3$/);
    assert.equal(done.result?.mime, "audio/mpeg");
  });

  it("is not what an MP4 is whose index comes last", async () => {
    const { moovLast } = scene.peers.lectures;
    const host = await scene.start();
    await host.signIn();
    assert.match(await assertSaved(await host.capture(scene.peers.viewerUrl(moovLast)), moovLast.audio), /\.m4a$/);
  });
});

describe("the vault's copy of a session", () => {
  it("is renewed by the Set-Cookie that comes with DeliveryInfo", async () => {
    const topic = scene.lecture({ tid: "0f0f0f0f-1111-4222-8333-444455556666" });
    const host = await scene.start();
    const first = await host.signIn();
    await assertSaved(await host.capture(scene.peers.viewerUrl(topic)), topic.audio);
    const cookie = askedFor(topic)[0]?.cookie ?? "";
    assert.match(cookie, /\.ASPXAUTH=[0-9A-F]{512}/);
    assert.ok(!cookie.includes(first), "the sound was asked for with the cookie from before the renewal");
    const renewed = /\.ASPXAUTH=([0-9A-F]{512})/.exec(cookie)?.[1] ?? "";
    assert.ok(scene.peers.site.secrets().includes(renewed));
    assert.ok(!JSON.stringify(host.frames).includes(renewed));
  });

  it("goes to the site in whole, and only to it", async () => {
    const lecture = scene.lecture();
    const host = await scene.start();
    const value = await host.signIn();
    await assertSaved(await host.capture(scene.peers.viewerUrl(lecture)), lecture.audio);
    const brought = scene.peers.site.requests.filter(({ cookie }) => cookie?.includes(value));
    assert.ok(brought.length >= 2);
    assert.deepEqual([...new Set(brought.map(({ host: name }) => name))], [SITE_HOST]);
    assert.ok(!JSON.stringify(host.frames).includes(value));
  });
});
