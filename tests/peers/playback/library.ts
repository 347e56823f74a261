// The videos of the stand-in: cut once and kept in the clear between runs, sealed anew at each start.

import { execFile } from "node:child_process";
import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { CACHE_DIR, kept } from "../media/kept.ts";
import type { MediaFile } from "../media/media.ts";
import { cut } from "./encode.ts";
import type { CutRendition, NewVideo, RenditionWish } from "./encode.ts";

/** Small, so that nothing takes long; they differ in what a test can see: the picture's height. */
const WISHES: readonly RenditionWish[] = [
  { name: "180p", height: 180, kbitsPerSecond: 60 },
  { name: "360p", height: 360, kbitsPerSecond: 200 },
];
const WITH_SILENT: readonly RenditionWish[] = [{ name: "silent", height: 90, kbitsPerSecond: 20, hasAudio: false }, ...WISHES];

export interface SealedVideo extends NewVideo {
  /** Lowest first; what must come out of each when all its segments are opened. */
  readonly cuts: readonly CutRendition[];
  readonly source: MediaFile;
}

/** Ids of the videos that a stand-in has from its start. */
export const LECTURE = "lecture_4";
/** The same sound under another title; its keys open nothing of the first. */
export const OTHER_LECTURE = "lecture_5";
/** Its lowest rendition is without sound. */
export const SILENT_LOWEST = "silent_lowest";

/** Cut into a hundred pieces, so that its keys come in several batches, some of them long after it began: see makePieces. */
export const IN_PIECES = "a_hundred_pieces";
/** Of each, s */
const PIECE_S = 0.2;

const run = promisify(execFile);

/** `lecture`: a film with sound. `cacheDir`: see MediaOptions. */
export async function makeLibrary(lecture: MediaFile, cacheDir = CACHE_DIR): Promise<SealedVideo[]> {
  const [both, three] = await Promise.all([keptCuts(cacheDir, "sealed", lecture, cutAs(WISHES)), keptCuts(cacheDir, "sealed-silent", lecture, cutAs(WITH_SILENT))]);
  return [
    { id: LECTURE, title: "Lecture 4: Hearing, sound and signal", cuts: both, source: lecture },
    { id: OTHER_LECTURE, title: "Lecture 5: Noise", cuts: both, source: lecture },
    { id: SILENT_LOWEST, title: "Lecture 6: A picture without sound", cuts: three, source: lecture },
  ];
}

/** What a rendition is, opened: its init segment and its segments, laid end to end. */
export async function clearBytes({ dir, durations }: CutRendition): Promise<Buffer> {
  const names = ["init.mp4", ...durations.map((_, at) => `${String(at)}.m4s`)];
  return Buffer.concat(await Promise.all(names.map((name) => readFile(join(dir, name)))));
}

/** An hour in its lowest rendition, for whatever takes long: not among those that a stand-in has from its start. */
export async function makeLong(lecture: MediaFile, cacheDir = CACHE_DIR): Promise<SealedVideo> {
  return { id: "long", title: "A long lecture", cuts: await keptCuts(cacheDir, "sealed-long", lecture, cutAs(WISHES.slice(0, 1))), source: lecture };
}

/** Not among those that a stand-in has from its start, either. `lecture`: of 20 s */
export async function makePieces(lecture: MediaFile, cacheDir = CACHE_DIR): Promise<SealedVideo> {
  return { id: IN_PIECES, title: "Lecture 7: In pieces", cuts: await keptCuts(cacheDir, "sealed-pieces", lecture, cutInPieces), source: lecture };
}

/** Cuts a film into a folder. */
type Cutting = (film: string, making: string) => Promise<CutRendition[]>;

function cutAs(wishes: readonly RenditionWish[]): Cutting {
  return (film, making) => cut(film, making, wishes);
}

/** A picture can be cut where it has frames; the sound stays as it is. */
async function cutInPieces(film: string, making: string): Promise<CutRendition[]> {
  const smooth = join(making, "smooth.mp4");
  await run("ffmpeg", ["-nostdin", "-v", "error", "-i", film, "-vf", "fps=10,scale=-2:90", "-preset", "ultrafast", "-c:a", "copy", smooth]);
  const cuts = await cut(smooth, making, WISHES.slice(0, 1), PIECE_S);
  await rm(smooth);
  return cuts;
}

const NOTE = "cuts.json";

async function keptCuts(cacheDir: string, name: string, lecture: MediaFile, cutting: Cutting): Promise<CutRendition[]> {
  // Their text is part of the key: what is cut by other code is cut anew.
  const sources = ["../playback/encode.ts", "../playback/library.ts"];
  const dir = await kept(cacheDir, `${name}-${lecture.sha256.slice(0, 8)}`, sources, async (making) => {
    const cuts = await cutting(lecture.file, making);
    await writeFile(join(making, NOTE), JSON.stringify(cuts.map(({ row, durations }) => ({ row, durations }))));
  });
  const noted = JSON.parse(await readFile(join(dir, NOTE), "utf8")) as Omit<CutRendition, "dir">[];
  const folders = new Set(await readdir(dir));
  return noted.filter(({ row }) => folders.has(row.name)).map((one) => ({ ...one, dir: join(dir, one.row.name) }));
}
