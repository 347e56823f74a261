import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { before, describe, it } from "node:test";
import { promisify } from "node:util";
import { makeMedia } from "./media.ts";
import type { LectureMedia, Media, MediaFile } from "./media.ts";

const run = promisify(execFile);

interface Stream {
  readonly codec_type: string;
  readonly codec_name: string;
}

async function streams(of: MediaFile): Promise<string[]> {
  const { stdout } = await run("ffprobe", ["-v", "error", "-show_entries", "stream=codec_type,codec_name", "-of", "json", of.file]);
  return (JSON.parse(stdout) as { streams: Stream[] }).streams.map((stream) => `${stream.codec_type}:${stream.codec_name}`).sort();
}

/** The digest of the sound's frames as they stand in the file, undecoded. */
async function soundDigest(of: MediaFile): Promise<string> {
  const { stdout } = await run("ffmpeg", ["-v", "error", "-i", of.file, "-map", "0:a", "-c", "copy", "-f", "hash", "-hash", "sha256", "-"]);
  return stdout.trim();
}

/** The four letters of each top-level box, in order (ISO/IEC 14496-12, 4.2). */
function boxes(file: Buffer): string[] {
  const found: string[] = [];
  for (let at = 0; at + 8 <= file.length; ) {
    found.push(file.toString("latin1", at + 4, at + 8));
    const size = file.readUInt32BE(at);
    if (size < 8) break;
    at += size;
  }
  return found;
}

describe("the media", () => {
  let media: Media;

  before(async () => {
    media = await makeMedia();
  });

  for (const name of ["hour", "short"] as const) {
    it(`has a ${name} lecture whose video costs several times its sound, which is the same bit for bit`, async () => {
      const of: LectureMedia = media[name];
      assert.deepEqual(await streams(of.audio), ["audio:aac"]);
      assert.deepEqual(await streams(of.video), ["audio:aac", "video:h264"]);
      assert.ok(of.video.bytes > 3.5 * of.audio.bytes);
      const digests = await Promise.all([of.audio, of.audioMoovLast, of.video, of.videoMoovLast].map(soundDigest));
      assert.equal(new Set(digests).size, 1);
    });

    it(`has the ${name} lecture's index where it is said to be`, async () => {
      const of: LectureMedia = media[name];
      const order = async (file: MediaFile): Promise<boolean> => {
        const found = boxes(await readFile(file.file));
        return found.indexOf("moov") < found.indexOf("mdat");
      };
      assert.deepEqual(await Promise.all([of.audio, of.audioMoovLast, of.video, of.videoMoovLast].map(order)), [true, false, true, false]);
    });
  }

  it("lasts as long as it says", async () => {
    for (const of of [media.hour.audio, media.hour.video, media.short.audio, media.short.mp3]) {
      const { stdout } = await run("ffprobe", ["-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", of.file]);
      assert.ok(Math.abs(Number(stdout) * 1000 - of.durationMs) < 1000, `${of.file}: ${stdout}`);
    }
  });

  it("knows each file's size and digest", async () => {
    const { audio } = media.hour;
    const content = await readFile(audio.file);
    assert.equal(content.length, audio.bytes);
    assert.equal(createHash("sha256").update(content).digest("hex"), audio.sha256);
  });

  it("has HLS of the short lecture, a variant of sound alone included", async () => {
    const master = await readFile(join(media.short.hls.folder, "master.m3u8"), "utf8");
    assert.match(master, /CODECS="mp4a\.40\.2"\n213829\/index\.m3u8/);
    for (const variant of media.short.hls.variants) {
      const index = await readFile(join(media.short.hls.folder, variant, "index.m3u8"), "utf8");
      assert.ok((index.match(/^\d{5}\.ts$/gm) ?? []).length >= 2);
      assert.match(index, /#EXT-X-ENDLIST/);
    }
  });

  it("has bodies that no media program takes for media", async () => {
    for (const of of [media.notMedia.text, media.notMedia.html, media.notMedia.random, media.notMedia.zip, media.notMedia.empty]) {
      await assert.rejects(run("ffprobe", ["-v", "error", "-show_streams", of.file]), of.file);
    }
    assert.deepEqual(await streams(media.short.silent), ["video:h264"]);
  });
});
