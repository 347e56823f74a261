// YouTube through the real yt-dlp, which speaks with a stand-in of YouTube's pages and of its player's interface.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { readFile, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import type { Capture } from "../../extension-bridge/bridge/src/index.ts";
import { packetsOf } from "../peers/media/packets.ts";
import { MEDIA_HOST, YOUTUBE_HOST, type Video } from "../peers/youtube/youtube.ts";
import type { RequestRecord } from "../peers/wire/record.ts";
import { assertFailed, assertSaved } from "./support/assertions.ts";
import { planOf, runFetch } from "./support/fetching.ts";
import { padded } from "./support/padded.ts";
import { OVER } from "./support/running-host.ts";
import type { RunningHost } from "./support/scene.ts";
import { YoutubeStage } from "./support/youtube-stage.ts";

const MIB = 1024 * 1024;
const PATIENCE_MS = 180_000;

/** The machine's own, and what AURICLE_YT_DLPS names beside it (paths, with a colon between). */
const PROGRAMS = [...(spawnSync("yt-dlp", ["--version"]).status === 0 ? [""] : []), ...(process.env["AURICLE_YT_DLPS"] ?? "").split(":").filter((file) => existsSync(file))];

let stage: YoutubeStage;
before(async () => {
  stage = await YoutubeStage.open();
});
afterEach(() => stage.rest());
after(() => stage.close());

/** Requests for the media, of one video. */
function fetches(video: Video): RequestRecord[] {
  return stage.site.requests.filter(({ host, path }) => host === MEDIA_HOST && path.includes(video.id));
}

/** Of the whole file: yt-dlp asks for parts of it, and for the rest of a part. */
function firstByte({ headers, path }: RequestRecord): number {
  return Number(/[?&]range=(\d+)-/.exec(path)?.[1] ?? 0) + Number(/^bytes=(\d+)-/.exec(headers["range"] ?? "")?.[1] ?? 0);
}

/** Processes that work on a video: its id stands in their command line. */
async function childrenOf(video: Video): Promise<string[]> {
  const lines = await Promise.all((await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map((pid) => readFile(`/proc/${pid}/cmdline`, "latin1").catch(() => "")));
  return lines.filter((line) => line.includes(video.id));
}

/** The kernel kills them after who started them; nobody is told of it. */
async function noneIsLeftOf(video: Video): Promise<void> {
  for (const end = Date.now() + PATIENCE_MS; (await childrenOf(video)).length > 0; ) assert.ok(Date.now() < end, "yt-dlp runs on");
}

/** A video whose media stop coming in the middle of its download. */
async function heldInTheMiddle(): Promise<{ video: Video; release: () => void }> {
  const long = await padded(stage.scene.peers.lectures.short.audio, join(stage.scene.home, `long-${String(Math.random())}.m4a`), 24 * MIB);
  const video = stage.site.add({ audio: long });
  const held = stage.site.fail({ kind: "stall", afterBytes: 6 * MIB }, { path: video.id, host: MEDIA_HOST });
  return { video, release: () => held.release() };
}

/** Python takes its time to start on a machine that is busy. */
async function captured(host: RunningHost, page: string): Promise<Capture> {
  const { id } = await host.start(page);
  return host.reaches(id, OVER, PATIENCE_MS);
}

async function inTheMiddle(host: RunningHost, video: Video): Promise<string> {
  const { id } = await host.start(stage.site.watchUrl(video));
  await host.satisfies(id, ({ state, done }) => state === "downloading" && done >= 2 * MIB, PATIENCE_MS);
  return id;
}

for (const program of PROGRAMS) {
  const tools = program === "" ? {} : { tools: { ytDlp: program } };
  describe(`a video of YouTube's, fetched by ${program === "" ? "this machine's yt-dlp" : program}`, () => {
    it("becomes the sound that YouTube offers beside the picture, byte for byte", async () => {
      const { audio } = stage.scene.peers.lectures.short;
      const video = stage.site.add({ audio });
      const host = await stage.start({ config: tools });
      const capture = await captured(host, `https://youtu.be/${video.id}?si=shared`);
      await assertSaved(capture, audio);
      assert.equal(capture.site, "youtube");
      assert.equal(capture.page, stage.site.watchUrl(video));
      assert.equal(capture.title, video.title);
      assert.equal(capture.plan?.how, "yt-dlp");
      assert.equal(capture.plan.bytes, audio.bytes);
    });

    it("is seen through the session of who is signed in, whose cookies go to YouTube and to nobody else", async () => {
      const { audio } = stage.scene.peers.lectures.short;
      const video = stage.site.add({ audio, access: "signed-in" });
      const host = await stage.start({ config: tools });
      const session = stage.site.signIn();
      await stage.putCookies(host, session);
      await assertSaved(await captured(host, stage.site.watchUrl(video)), audio);
      const ours = stage.site.requests.filter(({ cookie }) => cookie?.includes(session.LOGIN_INFO));
      assert.ok(ours.some(({ host: name }) => name === YOUTUBE_HOST));
      assert.deepEqual(ours.filter(({ host: name }) => name === MEDIA_HOST), []);
    });

    it("goes on at its byte after it was cancelled in the middle, and nothing runs on meanwhile", async () => {
      const { video, release } = await heldInTheMiddle();
      const host = await stage.start({ config: tools });
      const id = await inTheMiddle(host, video);
      assert.notDeepEqual(await childrenOf(video), []);
      await host.bridge.captures.cancel(id);
      assert.deepEqual(await childrenOf(video), []);
      release();
      const before = fetches(video).length;
      await host.bridge.captures.retry(id);
      const again = await host.reaches(id, OVER, PATIENCE_MS);
      await assertSaved(again, video.audio);
      assert.ok(firstByte(fetches(video)[before] ?? assert.fail()) >= 2 * MIB, JSON.stringify(fetches(video).map(firstByte)));
    });

    it("goes on at its byte after the program was killed, which takes yt-dlp with it", async () => {
      const { video, release } = await heldInTheMiddle();
      const home = await stage.scene.newHome();
      const first = await stage.start({ config: tools, home });
      const id = await inTheMiddle(first, video);
      await first.kill();
      await noneIsLeftOf(video);
      release();
      const before = fetches(video).length;
      const second = await stage.start({ config: tools, home });
      await second.bridge.captures.retry(id);
      await assertSaved(await second.reaches(id, OVER, PATIENCE_MS), video.audio);
      assert.ok(firstByte(fetches(video)[before] ?? assert.fail()) >= 2 * MIB, JSON.stringify(fetches(video).map(firstByte)));
    });

    it("that is offered with its picture alone becomes its sound", async () => {
      const { audio, video: muxed } = stage.scene.peers.lectures.short;
      const video = stage.site.add({ audio, muxed });
      const host = await stage.start({ config: tools });
      const capture = await captured(host, stage.site.watchUrl(video));
      assert.equal(capture.state, "done", JSON.stringify(capture.error));
      assert.equal(capture.result?.mime, "audio/mp4");
      assert.deepEqual((await packetsOf(capture.result.file ?? "")).digests, (await packetsOf(muxed.file)).digests);
    });

    it("that is live is refused until it is over", async () => {
      const video = stage.site.add({ audio: stage.scene.peers.lectures.short.audio, live: true });
      const host = await stage.start({ config: tools });
      assertFailed(await captured(host, stage.site.watchUrl(video)), "not_ready_yet");
    });

    it("that is private is an answer about the account: nobody is asked for cookies", async () => {
      const video = stage.site.add({ audio: stage.scene.peers.lectures.short.audio, access: "private" });
      const host = await stage.start({ config: tools });
      await stage.putCookies(host, stage.site.signIn());
      assertFailed(await captured(host, stage.site.watchUrl(video)), "forbidden");
      assert.deepEqual(host.wanted, []);
    });

    it("that asks for a sign-in to see that no robot is there waits for the browser's cookies and goes on with them", async () => {
      const { audio } = stage.scene.peers.lectures.short;
      const video = stage.site.add({ audio, access: "signed-in" });
      const host = await stage.start({ config: tools });
      const old = stage.site.signIn();
      await stage.putCookies(host, old);
      stage.site.endAllSessions();
      const { id } = await host.start(stage.site.watchUrl(video));
      await host.reaches(id, ["waiting_for_cookies"], PATIENCE_MS);
      assert.equal(host.wanted.at(-1)?.reason, "bot_detection");
      const asked = stage.site.requests.length;
      await stage.putCookies(host, stage.site.signIn());
      await assertSaved(await host.reaches(id, OVER, PATIENCE_MS), audio);
      assert.deepEqual(stage.site.requests.slice(asked).filter(({ cookie }) => cookie?.includes(old.LOGIN_INFO)), []);
    });

    it("is tried with the cookies before, once, where the newer ones are no good", async () => {
      const { audio } = stage.scene.peers.lectures.short;
      const video = stage.site.add({ audio, access: "signed-in" });
      const host = await stage.start({ config: tools });
      await stage.putCookies(host, stage.site.signIn());
      await stage.putCookies(host, { LOGIN_INFO: "c4nary-not-finished", SAPISID: "c4nary-not-finished-either" });
      await assertSaved(await captured(host, stage.site.watchUrl(video)), audio);
      assert.deepEqual(host.wanted, []);
    });
  });
}

describe("auricle fetch of a video", () => {
  async function place(): Promise<{ home: string; configFile: string; out: string }> {
    const home = await stage.scene.newHome();
    return { home, configFile: await stage.scene.configure(home, stage.config({ captures: { signInMs: 100 } })), out: join(home, "out") };
  }

  it("takes the cookies of a file, and keeps them from everything but YouTube", async (test) => {
    if (PROGRAMS[0] !== "") return test.skip("yt-dlp is not installed");
    const { audio } = stage.scene.peers.lectures.short;
    const video = stage.site.add({ audio, access: "signed-in" });
    const at = await place();
    const session = stage.site.signIn();
    const file = join(at.home, "cookies.txt");
    const line = (name: string, value: string): string => `.youtube.com\tTRUE\t/\tTRUE\t4102444800\t${name}\t${value}`;
    await writeFile(file, ["# Netscape HTTP Cookie File", ...Object.entries(session).map(([name, value]) => line(name, value as string)), ""].join("\n"));
    const { status, out, err, capture } = await runFetch([stage.site.watchUrl(video), "--cookies", file, "--out", at.out], at);
    assert.equal(status, 0, err);
    await assertSaved(capture ?? assert.fail(), audio);
    for (const left of await readdir(at.home, { recursive: true, withFileTypes: true })) {
      const path = join(left.parentPath, left.name);
      if (left.isFile() && path !== file) assert.ok(!(await readFile(path)).includes(session.LOGIN_INFO), path);
    }
    for (const text of [out, err]) assert.ok(!text.includes("c4nary"), text);
  });

  it("says with --plan what it would cost, and leaves nothing", async (test) => {
    if (PROGRAMS[0] !== "") return test.skip("yt-dlp is not installed");
    const { audio } = stage.scene.peers.lectures.short;
    const video = stage.site.add({ audio });
    const at = await place();
    const plan = await planOf([stage.site.watchUrl(video)], at);
    assert.deepEqual(plan.ways.map(({ how, bytes }) => [how, bytes]), [["yt-dlp", audio.bytes]]);
    assert.equal(plan.title, video.title);
    assert.deepEqual(fetches(video), []);
    assert.deepEqual((await readdir(at.home, { recursive: true })).filter((name) => name.includes("yt-dlp")), []);
  });

  it("without yt-dlp ends with the command that installs it", async () => {
    const home = await stage.scene.newHome();
    const configFile = await stage.scene.configure(home, stage.config({ tools: { ytDlp: "/nowhere/yt-dlp" } }));
    const { status, fault } = await runFetch(["https://youtu.be/dQw4w9WgXcQ"], { home, configFile });
    assert.equal(status, 1);
    assert.equal(fault?.data.kind, "tool_missing");
    assert.match(fault.message, /tools\.ytDlp/);
  });
});
