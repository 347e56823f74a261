// From a film to sealed pieces: cut by ffmpeg into fragmented MP4 in several renditions, each segment sealed under its own key.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Bytes } from "./bytes.ts";
import type { Envelope } from "./envelope.ts";
import { pieceName } from "./manifest.ts";
import { IV_BYTES, ROOT_SECRET_BYTES, deriveDek, randomBytes, sealSegment } from "./primitives.ts";
import { INIT_SEGMENT, isRenditionName, isVideoId, rootSecretContext } from "./video-table.ts";
import type { RenditionRow, SealedRendition, SegmentRow, VideoTable } from "./video-table.ts";

const run = promisify(execFile);

/** What a rendition is to be. */
export interface RenditionWish {
  /** `[A-Za-z0-9_-]{1,32}` */
  readonly name: string;
  /** px; the width follows. */
  readonly height: number;
  /** Of the picture. */
  readonly kbitsPerSecond: number;
  /** False: without sound. */
  readonly hasAudio?: boolean;
}

/** Two, of which the lower is enough for whoever listens. */
export const RENDITIONS: readonly RenditionWish[] = [
  { name: "360p", height: 360, kbitsPerSecond: 500 },
  { name: "720p", height: 720, kbitsPerSecond: 2000 },
];

export const SEGMENT_S = 4;
const AUDIO_KBITS = 96;

/** A rendition in the clear: `init.mp4` and `0.m4s`, `1.m4s`, … in `dir`. */
export interface CutRendition {
  readonly row: RenditionRow;
  readonly dir: string;
  /** seconds, in order */
  readonly durations: readonly number[];
}

interface Source {
  readonly file: string;
  readonly picture: { readonly width: number; readonly height: number } | undefined;
  readonly sound: { readonly isPlainAac: boolean } | undefined;
}

/** Cuts `file` into the folders `dir`/NAME. Sound that is AAC-LC already is taken as it is. Fails where ffmpeg does, or there is nothing to play. */
export async function cut(file: string, dir: string, wishes: readonly RenditionWish[] = RENDITIONS, segmentS = SEGMENT_S): Promise<CutRendition[]> {
  const source = await probe(file);
  const made: CutRendition[] = [];
  for (const wish of wishes) {
    if (!isRenditionName(wish.name)) throw new Error(`"${wish.name}" cannot name a rendition: letters, digits, "_" and "-", 32 at most.`);
    made.push(await cutRendition(source, join(dir, wish.name), wish, segmentS));
  }
  return made;
}

async function cutRendition(source: Source, dir: string, wish: RenditionWish, segmentS: number): Promise<CutRendition> {
  await mkdir(dir, { recursive: true });
  const playlist = join(dir, "index.m3u8");
  const hasAudio = source.sound !== undefined && wish.hasAudio !== false;
  if (source.picture === undefined && !hasAudio) throw new Error(`${source.file} has neither picture nor sound for ${wish.name}.`);
  // Without it sound is written before the picture that belongs to it as soon as the coder holds back more than 10 s of picture.
  const cutting = ["-max_interleave_delta", "0", "-f", "hls", "-hls_time", String(segmentS), "-hls_playlist_type", "vod", "-hls_segment_type", "fmp4", "-hls_fmp4_init_filename", pieceName(INIT_SEGMENT), "-hls_segment_filename", join(dir, "%d.m4s"), playlist];
  await run("ffmpeg", ["-nostdin", "-v", "error", "-y", "-i", source.file, "-map_metadata", "-1", ...pictureArguments(source, wish, segmentS), ...soundArguments(source, hasAudio), ...cutting]);
  const durations = [...(await readFile(playlist, "utf8")).matchAll(/^#EXTINF:([\d.]+)/gm)].map(([, seconds]) => Number(seconds));
  await rm(playlist);
  return { row: await describe(source, dir, wish, hasAudio, durations), dir, durations };
}

/** Every rendition has its key frames at the same times, so a player can change between any two segments. */
function pictureArguments(source: Source, wish: RenditionWish, segmentS: number): string[] {
  if (source.picture === undefined) return ["-vn"];
  const rate = `${String(wish.kbitsPerSecond)}k`;
  const keys = ["-force_key_frames", `expr:gte(t,n_forced*${String(segmentS)})`, "-sc_threshold", "0"];
  // Without frames that are shown in another order than they are stored in, the first of a segment is shown first.
  return ["-map", "0:v:0", "-vf", `scale=-2:${String(wish.height)}`, "-c:v", "libx264", "-preset", "veryfast", "-pix_fmt", "yuv420p", "-bf", "0", "-b:v", rate, "-maxrate", rate, "-bufsize", rate, ...keys];
}

function soundArguments(source: Source, hasAudio: boolean): string[] {
  if (!hasAudio) return ["-an"];
  return ["-map", "0:a:0", ...(source.sound?.isPlainAac === true ? ["-c:a", "copy"] : ["-c:a", "aac", "-b:a", `${String(AUDIO_KBITS)}k`])];
}

async function probe(file: string): Promise<Source> {
  const { stdout } = await run("ffprobe", ["-v", "error", "-show_entries", "stream=codec_type,codec_name,profile,width,height", "-of", "json", file]);
  const { streams } = JSON.parse(stdout) as { streams: { codec_type?: string; codec_name?: string; profile?: string; width?: number; height?: number }[] };
  const picture = streams.find(({ codec_type }) => codec_type === "video");
  const sound = streams.find(({ codec_type }) => codec_type === "audio");
  return {
    file,
    picture: picture && { width: picture.width ?? 0, height: picture.height ?? 0 },
    sound: sound && { isPlainAac: sound.codec_name === "aac" && sound.profile === "LC" },
  };
}

async function describe({ picture }: Source, dir: string, wish: RenditionWish, hasAudio: boolean, durations: readonly number[]): Promise<RenditionRow> {
  const init = await readFile(join(dir, pieceName(INIT_SEGMENT)));
  const sizes = await Promise.all(durations.map((_, segIdx) => stat(join(dir, pieceName(segIdx)))));
  const seconds = durations.reduce((sum, one) => sum + one, 0);
  const codecs = [...(picture === undefined ? [] : [avcName(init)]), ...(hasAudio ? ["mp4a.40.2"] : [])];
  return {
    name: wish.name,
    mimeType: `${picture === undefined ? "audio" : "video"}/mp4; codecs="${codecs.join(", ")}"`,
    bandwidth: Math.ceil((sizes.reduce((sum, { size }) => sum + size, 0) * 8) / seconds),
    // The scaler makes an even width of it.
    width: picture === undefined ? 0 : 2 * Math.round((picture.width * wish.height) / picture.height / 2),
    height: picture === undefined ? 0 : wish.height,
    hasAudio,
  };
}

/** RFC 6381: profile, compatibility and level as the decoder's configuration has them (ISO/IEC 14496-15, 5.3.3.1). */
function avcName(init: Buffer): string {
  const at = init.indexOf("avcC");
  if (at < 0) throw new Error("the init segment has no picture of H.264");
  return `avc1.${init.subarray(at + 5, at + 8).toString("hex")}`;
}

export interface NewVideo {
  /** `[A-Za-z0-9_-]{1,64}` */
  readonly id: string;
  readonly title: string;
  readonly posterWalrusUri?: string;
}

export interface SealParts {
  readonly videos: VideoTable;
  readonly envelope: Envelope;
  readonly mediaDir: string;
}

/** Seals what was cut under a fresh root secret, into `mediaDir`/ID, in place of what had that id. */
export async function seal(video: NewVideo, cuts: readonly CutRendition[], { videos, envelope, mediaDir }: SealParts): Promise<void> {
  if (!isVideoId(video.id)) throw new Error(`"${video.id}" cannot be a video's id: letters, digits, "_" and "-", 64 at most.`);
  const rootSecret = randomBytes(ROOT_SECRET_BYTES);
  const making = join(mediaDir, `.making-${video.id}`);
  const final = join(mediaDir, video.id);
  await rm(making, { recursive: true, force: true });
  const renditions: SealedRendition[] = [];
  for (const cutting of cuts) renditions.push({ ...cutting.row, segments: await sealRendition(rootSecret, video.id, cutting, join(making, cutting.row.name)) });
  const duration = Math.max(...cuts.map(({ durations }) => durations.reduce((sum, one) => sum + one, 0)));
  const rootSecretEnc = envelope.seal(rootSecret, rootSecretContext(video.id));
  rootSecret.fill(0);
  await videos.remove(video.id);
  await rm(final, { recursive: true, force: true });
  await rename(making, final);
  await videos.put({ id: video.id, title: video.title, duration, posterWalrusUri: video.posterWalrusUri ?? null, rootSecretEnc }, renditions);
}

async function sealRendition(rootSecret: Bytes, videoId: string, { row, dir, durations }: CutRendition, out: string): Promise<SegmentRow[]> {
  await mkdir(out, { recursive: true });
  const init = Uint8Array.from(await readFile(join(dir, pieceName(INIT_SEGMENT))));
  const rows = [await put(out, INIT_SEGMENT, new Uint8Array(IV_BYTES), 0, init)];
  for (const [segIdx, duration] of durations.entries()) {
    const iv = randomBytes(IV_BYTES);
    const dek = await deriveDek(rootSecret, videoId, row.name, segIdx);
    rows.push(await put(out, segIdx, iv, duration, await sealSegment(dek, iv, Uint8Array.from(await readFile(join(dir, pieceName(segIdx)))))));
  }
  return rows;
}

async function put(out: string, segIdx: number, iv: Bytes, duration: number, bytes: Bytes): Promise<SegmentRow> {
  await writeFile(join(out, pieceName(segIdx)), bytes);
  return { segIdx, iv, duration, bytes: bytes.length, sha256: createHash("sha256").update(bytes).digest("hex") };
}
