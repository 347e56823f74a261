// A corpus of media in every form in which sites have them: MP4 and its kin, HLS and DASH, each of a few seconds.
// All of a kind hold the same packets of sound; what ffmpeg reads in each is noted when it is made.

import { execFile } from "node:child_process";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { CorpusFolder } from "./corpus-folder.ts";
import { CORPUS_RECIPES, type How } from "./corpus-recipes.ts";
import { CACHE_DIR, kept } from "./kept.ts";
import { packetsOf, type Packets } from "./packets.ts";

const run = promisify(execFile);

export interface CorpusCase {
  /** What is special about it. */
  readonly name: string;
  /** Below the corpus' folder, with a query where the case is about one. */
  readonly entry: string;
  readonly how: How;
  /** The ending of what comes out of it. */
  readonly ending: string;
  readonly language: string | undefined;
  /** The sound as ffmpeg reads it at the source. */
  readonly packets: Packets;
}

export interface Corpus {
  readonly folder: string;
  readonly cases: readonly CorpusCase[];
}

const SOURCES = ["corpus.ts", "corpus-recipes.ts", "corpus-folder.ts", "packets.ts", "kept.ts"];

/** Fails when `ffmpeg` is missing or its run fails. Takes some ten seconds when nothing is kept. */
export async function makeCorpus(cacheDir = CACHE_DIR): Promise<Corpus> {
  const folder = await kept(cacheDir, "corpus", SOURCES, make);
  return { folder, cases: JSON.parse(await readFile(join(folder, "cases.json"), "utf8")) as CorpusCase[] };
}

async function make(dir: string): Promise<void> {
  const base = await makeBase(join(dir, "base"));
  const left = CORPUS_RECIPES.map((recipe, at) => ({ recipe, at }));
  const cases: CorpusCase[] = [];
  const work = async (): Promise<void> => {
    for (let next = left.shift(); next !== undefined; next = left.shift()) {
      const { recipe, at } = next;
      const name = `${String(at).padStart(2, "0")}-${recipe.name.replaceAll(/[^\w]+/g, "-")}`;
      const folder = new CorpusFolder(join(dir, name), base);
      await mkdir(folder.path);
      await recipe.make(folder);
      const readable = (recipe.readable ?? recipe.entry).replace(/\?.*/, "");
      const packets = await packetsOf(folder.at(readable));
      cases[at] = { name: recipe.name, entry: `${name}/${recipe.entry}`, how: recipe.how, ending: recipe.ending ?? ".m4a", language: recipe.language, packets };
    }
  };
  await Promise.all([work(), work()]);
  await writeFile(join(dir, "cases.json"), JSON.stringify(cases));
}

const SECONDS = 12;

/** What the recipes put together: sounds in several codings, two of them of another language, and a picture that costs more. */
export async function makeBase(dir: string): Promise<string> {
  await mkdir(dir);
  const tone = (from: number): string[] => ["-f", "lavfi", "-i", `aevalsrc='0.3*sin(2*PI*(${String(from)}+t*20)*t)*(0.6+0.4*sin(2*PI*3*t))':s=48000:d=${String(SECONDS)}`];
  const coded: [string, number, readonly string[]][] = [
    ["sound.aac", 200, ["-c:a", "aac", "-b:a", "48k", "-f", "adts"]],
    ["german.aac", 500, ["-c:a", "aac", "-b:a", "48k", "-f", "adts"]],
    ["other-rate.aac", 300, ["-ar", "44100", "-ac", "2", "-c:a", "aac", "-b:a", "64k", "-f", "adts"]],
    ["sound.mp3", 200, ["-c:a", "libmp3lame", "-b:a", "48k", "-write_xing", "0", "-id3v2_version", "0"]],
    ["sound.opus", 200, ["-c:a", "libopus", "-b:a", "32k"]],
    ["sound.ac3", 200, ["-c:a", "ac3", "-b:a", "96k"]],
    ["sound.flac", 200, ["-c:a", "flac"]],
    ["alac.m4a", 200, ["-c:a", "alac"]],
  ];
  const noise = `nullsrc=s=160x90:r=5:d=${String(SECONDS)},geq=random(1)*255:128:128`;
  const picture = ["-f", "lavfi", "-i", noise, "-c:v", "libx264", "-preset", "ultrafast", "-qp", "30", "-g", "5", "-pix_fmt", "yuv420p", join(dir, "picture.h264")];
  const runs = [...coded.map(([name, from, args]) => [...tone(from), ...args, join(dir, name)]), picture];
  for (const args of runs) await run("ffmpeg", ["-nostdin", "-v", "error", "-y", ...args]);
  return dir;
}
