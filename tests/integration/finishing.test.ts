// What becomes of what was fetched: a file that plays everywhere, says what it is, and is no larger than it may be.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { mkdir, writeFile } from "node:fs/promises";
import { extname, join } from "node:path";
import { after, afterEach, before, describe, it } from "node:test";
import { promisify } from "node:util";
import type { Capture } from "../../extension-bridge/bridge/src/index.ts";
import { boxAt } from "../peers/media/corpus-folder.ts";
import { packetsOf } from "../peers/media/packets.ts";
import { lecture as makeLecture, type Lecture } from "../peers/panopto/lecture.ts";
import { assertFailed, assertNoLeak, assertSaved } from "./support/assertions.ts";
import { OVER } from "./support/running-host.ts";
import { padded } from "./support/padded.ts";
import { Scene, type HostOptions } from "./support/scene.ts";

const run = promisify(execFile);

let scene: Scene;
before(async () => {
  scene = await Scene.open();
});
afterEach(async () => {
  await scene.rest();
  assertNoLeak(scene.peers);
});
after(() => scene.close());

/** A lecture that is there as HLS alone. */
function streamed(choices: Partial<Lecture> = {}): Lecture {
  const { hls } = scene.peers.lectures.hls;
  return scene.lecture({ audioEncoded: false, stream: "hls", ...(hls === undefined ? {} : { hls }), ...choices });
}

async function captured(lecture: Lecture, options: HostOptions = {}): Promise<Capture> {
  const host = await scene.start({ home: await scene.newHome(), ...options });
  await host.signIn();
  return host.capture(scene.peers.viewerUrl(lecture));
}

interface Probed {
  readonly format: { readonly duration: string; readonly tags?: Readonly<Record<string, string>> };
  readonly streams: readonly { readonly codec_name: string; readonly channels: number }[];
}

async function probed(capture: Capture): Promise<Probed> {
  const { stdout } = await run("ffprobe", ["-v", "error", "-show_format", "-show_streams", "-of", "json", capture.result?.file ?? ""]);
  return JSON.parse(stdout) as Probed;
}

describe("what is made of an HLS stream", () => {
  it("is a plain .m4a with its index in front, which says what it is and where it is from", async () => {
    const lecture = streamed({ title: "Schall & Raum: “Teil 2”", folder: "Akustik 101" });
    const done = await captured(lecture);
    assert.equal(done.state, "done", JSON.stringify(done.error));
    const file = done.result?.file ?? "";
    assert.equal(extname(file), ".m4a");
    const bytes = readFileSync(file);
    assert.ok(boxAt(bytes, "moov").at < boxAt(bytes, "mdat").at);
    assert.throws(() => boxAt(bytes, "moof"));
    const { format, streams } = await probed(done);
    assert.deepEqual(streams.map(({ codec_name }) => codec_name), ["aac"]);
    const { title, album, date, comment } = format.tags ?? {};
    assert.deepEqual({ title, album, date, comment }, { title: lecture.title, album: lecture.folder, date: "2026-10-12", comment: scene.peers.viewerUrl(lecture) });
    assert.ok(Math.abs(Number(format.duration) * 1000 - (done.result?.durationMs ?? 0)) < 70);
  });
});

describe("a result that is larger than it may be", () => {
  const maxBytes = 200_000;
  it("is encoded anew in mono, only then, and says so", async () => {
    const audio = await padded(scene.peers.lectures.short.audio, join(scene.home, "large.m4a"), 1024 * 1024);
    const lecture = scene.lecture({ audio });
    const done = await captured(lecture, { config: { delivery: { maxBytes } } });
    assert.equal(done.state, "done", JSON.stringify(done.error));
    assert.equal(done.result?.encodedFrom, lecture.audio.bytes);
    assert.ok(done.result.bytes <= maxBytes && done.result.bytes > maxBytes / 4, String(done.result.bytes));
    const { streams, format } = await probed(done);
    assert.deepEqual(streams.map(({ channels }) => channels), [1]);
    assert.ok(Math.abs(Number(format.duration) * 1000 - lecture.audio.durationMs) < 200);
    assert.equal(format.tags?.["title"], lecture.title);
  });

  it("stays as it is, byte for byte, where it is just as large as it may be", async () => {
    const lecture = scene.lecture();
    const done = await captured(lecture, { config: { delivery: { maxBytes: lecture.audio.bytes } } });
    await assertSaved(done, lecture.audio);
    assert.equal(done.result?.encodedFrom, undefined);
  });
});

/** A mount namespace in which the system's ffmpeg is a text that nobody can run. */
async function withoutFfmpeg(): Promise<HostOptions | undefined> {
  const folder = join(scene.home, "without");
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, "none"), "");
  const system = ["/usr/local/bin/ffmpeg", "/usr/bin/ffmpeg", "/bin/ffmpeg", "/snap/bin/ffmpeg"].filter((file) => existsSync(file));
  const hiding = system.map((file) => `/usr/bin/mount --bind '${join(folder, "none")}' '${file}'`).join(" && ");
  const under = ["/usr/bin/unshare", "-rm", "/bin/sh", "-c", `${hiding} && exec "$@"`, "sh"];
  const works = await run(under[0] ?? "", [...under.slice(1), "/bin/true"]).then(
    () => true,
    () => false,
  );
  return works ? { under, env: { PATH: folder } } : undefined;
}

describe("without ffmpeg", () => {
  it("what does not need it is captured all the same", async (test) => {
    const options = await withoutFfmpeg();
    if (options === undefined) return test.skip("a mount namespace is not permitted here");
    for (const lecture of [streamed(), scene.lecture({ audioEncoded: false, stream: "mp4" })]) {
      const done = await captured(lecture, options);
      assert.equal(done.state, "done", JSON.stringify(done.error));
      assert.deepEqual((await packetsOf(done.result?.file ?? "")).digests, (await packetsOf(lecture.audio.file)).digests);
    }
  });

  it("what needs it fails as tool_missing, with the command that installs it", async (test) => {
    const options = await withoutFfmpeg();
    if (options === undefined) return test.skip("a mount namespace is not permitted here");
    const failed = await captured(scene.lecture(), { ...options, config: { delivery: { maxBytes: 60_000 } } });
    assertFailed(failed, "tool_missing");
    assert.match(failed.error?.message ?? "", /apt(-get)? install ffmpeg|ffmpeg/);
    assert.match(failed.error?.message ?? "", /install/i);
  });
});

describe("a container that few players take", () => {
  it("is not delivered where ffmpeg is missing: it fails as tool_missing, and goes on from its bytes when it is there", async (test) => {
    const options = await withoutFfmpeg();
    if (options === undefined) return test.skip("a mount namespace is not permitted here");
    const lecture = scene.peers.lectures.videoAsAudio;
    const home = await scene.newHome();
    const without = await scene.start({ home, ...options });
    await without.signIn();
    const failed = await without.capture(scene.peers.viewerUrl(lecture));
    assertFailed(failed, "tool_missing");
    assert.match(failed.error?.message ?? "", /install/i);
    await without.leave();
    const host = await scene.start({ home });
    await host.signIn();
    const fetchedBefore = scene.peers.cdn.requests.length;
    await host.bridge.captures.retry(failed.id);
    const done = await host.reaches(failed.id, OVER);
    assert.equal(done.state, "done", JSON.stringify(done.error));
    assert.equal(done.plan?.how, "audio-from-video");
    assert.deepEqual(scene.peers.cdn.requests.slice(fetchedBefore).filter(({ method, bytesSent }) => method === "GET" && bytesSent > 65_536), []);
  });
});

describe("a sound that is much shorter than the recording", () => {
  it("is refused, and says how short", async () => {
    const { audio } = scene.peers.lectures.short;
    const lecture = scene.peers.site.add(makeLecture({ audio, video: { ...scene.peers.lectures.short.video, durationMs: 60_000 }, stream: "none" }));
    const failed = await captured(lecture);
    assertFailed(failed, "not_media");
    assert.match(failed.error?.message ?? "", /20 s where the recording has 60 s/);
  });
});
