// The sound of a file, packet by packet, as ffmpeg reads it without decoding.

import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);
const MOST_OUTPUT_BYTES = 64 * 1024 * 1024;
/** A demuxer that has lost its way is ended, and the making with it. */
const MOST_MS = 10_000;

export interface Packets {
  /** One digest a packet, in order. */
  readonly digests: readonly string[];
  /** Of all packets together, rounded. */
  readonly durationMs: number;
  /** Of one packet, rounded up. */
  readonly frameMs: number;
  /** When the first and the last packet are to be heard; below 0 for what an edit list leaves out. */
  readonly firstMs: number;
  readonly lastMs: number;
}

/** The first track of sound in a file, playlist or manifest. Fails when ffmpeg cannot read it. */
export async function packetsOf(file: string): Promise<Packets> {
  const isPlaylist = /\.(m3u8|panobf2)$/.test(file);
  const reading = isPlaylist ? ["-f", "hls", "-allowed_extensions", "ALL", "-protocol_whitelist", "file,crypto,data"] : [];
  // Frames in a transport stream carry a header each, which stands once in an MP4.
  const bare = ["-bsf:a", "aac_adtstoasc"];
  const codec = await codecOf([...reading, "-i", file]);
  const args = ["-nostdin", "-v", "error", "-copyts", ...reading, "-i", file, "-map", "0:a:0", "-c", "copy", ...(codec === "aac" ? bare : []), "-f", "framehash", "-hash", "md5", "-"];
  const { stdout } = await run("ffmpeg", args, { maxBuffer: MOST_OUTPUT_BYTES, timeout: MOST_MS });
  const [, upper, lower] = /^#tb 0: (\d+)\/(\d+)$/m.exec(stdout) ?? [];
  const tickMs = (Number(upper) / Number(lower)) * 1000;
  const rows = stdout.split("\n").filter((line) => line !== "" && !line.startsWith("#")).map((line) => line.split(",").map((cell) => cell.trim()));
  const column = (at: number): number[] => rows.map((row) => Number(row[at]));
  const [times, lengths] = [column(1), column(3)];
  // Some readers leave the lengths out; then the distance of neighbours says them.
  const longest = Math.max(0, ...lengths) || ((times.at(-1) ?? 0) - (times[0] ?? 0)) / (rows.length - 1);
  // Where time is counted in whole milliseconds, each length is rounded: their sum would be a long way off.
  const isCoarse = tickMs >= 1;
  const span = (times.at(-1) ?? 0) - (times[0] ?? 0) + longest;
  const sum = isCoarse ? span : lengths.some((length) => length > 0) ? lengths.reduce((all, length) => all + length, 0) : longest * rows.length;
  return { digests: rows.map((row) => row[5] ?? ""), durationMs: Math.round(sum * tickMs), frameMs: Math.ceil(longest * tickMs), firstMs: (times[0] ?? 0) * tickMs, lastMs: (times.at(-1) ?? 0) * tickMs };
}

async function codecOf(reading: readonly string[]): Promise<string> {
  const { stdout } = await run("ffprobe", ["-v", "error", ...reading, "-select_streams", "a:0", "-show_entries", "stream=codec_name", "-of", "csv=p=0"], { timeout: MOST_MS });
  return stdout.trim().split("\n")[0]?.replace(/,.*/, "") ?? "";
}
