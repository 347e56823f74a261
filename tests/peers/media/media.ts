// The files that the stand-ins serve, made by ffmpeg when first asked for and kept for the next time.

import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { createReadStream } from "node:fs";
import { copyFile, mkdir, open, readFile, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { CACHE_DIR, kept } from "./kept.ts";
import { NOT_MEDIA } from "./not-media.ts";
import type { NotMediaKind } from "./not-media.ts";
import { audioArguments, hlsArguments, mp3Arguments, pictureArguments, pictureRepeats, silentArguments, soundArguments, soundRepeats, videoArguments } from "./recipe.ts";

const run = promisify(execFile);

/** One file, with what a test compares it to. */
export interface MediaFile {
  readonly file: string;
  readonly bytes: number;
  /** lower-case hex */
  readonly sha256: string;
  /** The true type; a site may claim another. */
  readonly type: string;
  readonly durationMs: number;
}

export interface HlsFolder {
  /** Holds `master.m3u8` and one folder for each variant with `index.m3u8` and its segments. */
  readonly folder: string;
  /** Names of the variants' folders, in the master's order. */
  readonly variants: readonly string[];
}

export interface LectureMedia {
  readonly durationMs: number;
  /** AAC in MP4, sound only, moov in front. */
  readonly audio: MediaFile;
  /** The same frames of sound, moov at the end. */
  readonly audioMoovLast: MediaFile;
  /** H.264 and, bit for bit, the audio's sound. */
  readonly video: MediaFile;
  readonly videoMoovLast: MediaFile;
}

export interface ShortMedia extends LectureMedia {
  /** A picture and no sound. */
  readonly silent: MediaFile;
  readonly mp3: MediaFile;
  readonly hls: HlsFolder;
}

export interface Media {
  /** 3600 s; some 11 MB of audio and 50 MB of video. */
  readonly hour: LectureMedia;
  /** 20 s */
  readonly short: ShortMedia;
  /** What a server may send in place of media. */
  readonly notMedia: Readonly<Record<NotMediaKind, MediaFile>>;
}

export interface MediaOptions {
  /** Where files are kept between runs; `auricle-media` in the system's folder for temporary files when left out. */
  readonly cacheDir?: string;
  /** False leaves the hour out (`hour` is then the short lecture): it takes most of the time. */
  readonly hour?: boolean;
}

const SOURCES = ["recipe.ts", "media.ts", "not-media.ts", "kept.ts"];
const HOUR_S = 3600;
const SHORT_S = 20;
const PICTURE = "picture.h264";
/** Panopto calls its audio podcasts so, though they hold no picture. */
const AUDIO_TYPE = "video/mp4";

/** Fails when `ffmpeg` is missing or its run fails. The first call takes some seconds, later ones read what is there. */
export async function makeMedia(options: MediaOptions = {}): Promise<Media> {
  const root = options.cacheDir ?? CACHE_DIR;
  const [hour, short, notMedia] = await Promise.all([
    options.hour === false ? undefined : kept(root, "hour", SOURCES, (dir) => makeLecture(dir, HOUR_S)),
    kept(root, "short", SOURCES, makeShort),
    kept(root, "not-media", SOURCES, makeNotMedia),
  ]);
  const shortMedia = await describeShort(short);
  return {
    hour: hour === undefined ? shortMedia : await describeLecture(hour, HOUR_S),
    short: shortMedia,
    notMedia: await describeNotMedia(notMedia),
  };
}

async function ffmpeg(args: readonly string[]): Promise<void> {
  await run("ffmpeg", ["-nostdin", "-v", "error", "-y", ...args]);
}

async function makeLecture(dir: string, seconds: number): Promise<void> {
  const [sound, picture] = [join(dir, "sound.aac"), join(dir, PICTURE)];
  const [soundOnce, pictureOnce] = [`${sound}.once`, `${picture}.once`];
  await Promise.all([ffmpeg(soundArguments(seconds, soundOnce)), ffmpeg(pictureArguments(seconds, pictureOnce))]);
  // ADTS frames and H.264 that begins with a key frame can be laid end to end.
  await Promise.all([repeat(soundOnce, soundRepeats(seconds), sound), repeat(pictureOnce, pictureRepeats(seconds), picture)]);
  await ffmpeg(audioArguments(sound, "front", join(dir, "audio.m4a")));
  await ffmpeg(audioArguments(sound, "end", join(dir, "audio-moov-last.m4a")));
  await ffmpeg(videoArguments(sound, picture, "front", join(dir, "video.mp4")));
  await ffmpeg(videoArguments(sound, picture, "end", join(dir, "video-moov-last.mp4")));
  await Promise.all([rm(sound), rm(soundOnce), rm(pictureOnce)]);
}

async function makeShort(dir: string): Promise<void> {
  await makeLecture(dir, SHORT_S);
  await ffmpeg(silentArguments(join(dir, PICTURE), join(dir, "silent.mp4")));
  await ffmpeg(mp3Arguments(join(dir, "audio.m4a"), join(dir, "audio.mp3")));
  await makeHls(dir);
}

/** Two variants as Panopto has them, the numbers for names included; one of them is sound alone. */
async function makeHls(dir: string): Promise<void> {
  const master = ["#EXTM3U", "#EXT-X-VERSION:4"];
  const variants = [
    { name: "213827", source: "video.mp4", attributes: 'BANDWIDTH=703314,CODECS="avc1.42c00a,mp4a.40.2",RESOLUTION=160x90' },
    { name: "213829", source: "audio.m4a", attributes: 'BANDWIDTH=32000,CODECS="mp4a.40.2"' },
  ];
  for (const { name, source, attributes } of variants) {
    const folder = join(dir, "hls", name);
    await mkdir(folder, { recursive: true });
    await ffmpeg(hlsArguments([join(dir, source)], folder));
    master.push(`#EXT-X-STREAM-INF:${attributes}`, `${name}/index.m3u8`);
  }
  await writeFile(join(dir, "hls", "master.m3u8"), `${master.join("\n")}\n`);
}

async function makeNotMedia(dir: string): Promise<void> {
  for (const [kind, { bytes }] of Object.entries(NOT_MEDIA)) await writeFile(join(dir, kind), bytes());
}

async function repeat(source: string, times: number, target: string): Promise<void> {
  await copyFile(source, target);
  for (let done = 1; done < times; done += 1) {
    const out = await open(target, "a");
    await pipeline(createReadStream(source), out.createWriteStream());
  }
}

async function describeLecture(dir: string, seconds: number): Promise<LectureMedia> {
  const durationMs = seconds * 1000;
  const [audio, audioMoovLast, video, videoMoovLast] = await Promise.all([
    describe(join(dir, "audio.m4a"), AUDIO_TYPE, durationMs),
    describe(join(dir, "audio-moov-last.m4a"), AUDIO_TYPE, durationMs),
    describe(join(dir, "video.mp4"), "video/mp4", durationMs),
    describe(join(dir, "video-moov-last.mp4"), "video/mp4", durationMs),
  ]);
  return { durationMs, audio, audioMoovLast, video, videoMoovLast };
}

async function describeShort(dir: string): Promise<ShortMedia> {
  const durationMs = SHORT_S * 1000;
  const variants = (await readdir(join(dir, "hls"), { withFileTypes: true })).filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  return {
    ...(await describeLecture(dir, SHORT_S)),
    silent: await describe(join(dir, "silent.mp4"), "video/mp4", durationMs),
    mp3: await describe(join(dir, "audio.mp3"), "audio/mpeg", durationMs),
    hls: { folder: join(dir, "hls"), variants: variants.sort() },
  };
}

async function describeNotMedia(dir: string): Promise<Record<NotMediaKind, MediaFile>> {
  const entries = await Promise.all(Object.entries(NOT_MEDIA).map(async ([kind, { type }]) => [kind, await describe(join(dir, kind), type, 0)] as const));
  // The keys are those of NOT_MEDIA, which are the kinds.
  return Object.fromEntries(entries) as Record<NotMediaKind, MediaFile>;
}

/** The digest is written beside the file: an hour-long video is read once, not at every start. */
async function describe(file: string, type: string, durationMs: number): Promise<MediaFile> {
  const { size } = await stat(file);
  const note = `${file}.sha256`;
  let sha256 = await readFile(note, "utf8").catch(() => "");
  if (sha256 === "") {
    const digest = createHash("sha256");
    await pipeline(createReadStream(file), digest);
    sha256 = digest.digest("hex");
    const writing = `${note}.${randomUUID()}`;
    await writeFile(writing, sha256);
    await rename(writing, note);
  }
  return { file, bytes: size, sha256, type, durationMs };
}
