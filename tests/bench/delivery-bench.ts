// node --import tsx tests/bench/delivery-bench.ts HOST BUILD_FOLDER [--quick] [--only TEXT] [--json FILE]
// What a capture to a backend costs when the delivery follows behind the download, and what a whole file costs alone.
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { CACHE_DIR } from "../peers/media/kept.ts";
import type { LinkErrand, LinkMeasured } from "./captures-on-link.ts";
import { Link, type LinkTerms } from "./link.ts";
import { runProgram } from "./program-run.ts";
import { median, readReport, row, table, writeReport, type Row } from "./report.ts";

interface LinkCase {
  readonly name: string;
  readonly terms: LinkTerms;
  /** The whole capture against the longer of download and upload alone. */
  readonly maxRatio: number;
}

const LINKS: readonly LinkCase[] = [
  { name: "40 ms, 100/20 Mbit/s", terms: { downMbit: 100, upMbit: 20, roundTripMs: 40 }, maxRatio: 1.03 },
  { name: "40 ms, 20/20 Mbit/s", terms: { downMbit: 20, upMbit: 20, roundTripMs: 40 }, maxRatio: 1.08 },
];
const MAX_DELIVERY_MIB = 15;
/** As whole_bench has them. */
const WHOLE_FILES = ["one file, loopback", "one file, 1 MB/s a connection"];

const SAMPLE_RATE = 44_100;
/** Of noise in two channels of 16 bits. */
const BYTES_PER_SECOND = SAMPLE_RATE * 4;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { quick: { type: "boolean", default: false }, only: { type: "string", default: "" }, json: { type: "string" } },
});
const [program = "", build = ""] = positionals;
const sizes = values.quick
  ? { sound: 6_000_000, runs: 1, large: 100_000_000, small: 8_000_000 }
  : { sound: 58_000_000, runs: 3, large: 465_000_000, small: 46_600_000 };

// Whoever stops the bench stops its children: what then fails here puts away what was made.
const stopping = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) process.on(signal, () => stopping.abort(new Error("stopped")));
const scratch = await mkdtemp(join(tmpdir(), "auricle-delivery-bench-"));
try {
  const rows: Row[] = [];
  for (const link of LINKS) {
    if (`delivery, ${link.name}`.includes(values.only)) rows.push(...(await measureLink(link)));
  }
  if (WHOLE_FILES.some((name) => name.includes(values.only))) rows.push(...(await measureWholeFiles()));
  const report = { name: "delivery", rows };
  process.stdout.write(`\n${table(report)}\n`);
  if (values.json !== undefined) await writeReport(report, values.json);
} finally {
  await rm(scratch, { recursive: true, force: true });
}

async function measureLink({ name, terms, maxRatio }: LinkCase): Promise<Row[]> {
  let link: Link;
  try {
    link = await Link.open(join(build, "link_emulator"), terms);
  } catch (reason) {
    process.stdout.write(`delivery, ${name}: skipped, since no link can be made here (${reason instanceof Error ? reason.message : String(reason)})\n`);
    return [];
  }
  try {
    const errand: LinkErrand = { atClient: link.atClient, bytes: sizes.sound, runs: sizes.runs, tusModule: tusModule(), cacheDir: CACHE_DIR };
    const script = new URL("captures-on-link.ts", import.meta.url).pathname;
    const command = [...link.atServer, process.execPath, "--import", "tsx", script, JSON.stringify(errand)];
    const { out } = await runProgram(command, { env: { ...process.env, AURICLE: program, TMPDIR: scratch }, stop: stopping.signal });
    return rowsOf(`delivery, ${name}`, maxRatio, JSON.parse(out) as LinkMeasured);
  } finally {
    await link.close();
  }
}

function rowsOf(what: string, maxRatio: number, of: LinkMeasured): Row[] {
  const [wall, upload, download] = [of.captureS, of.uploadS, of.downloadS].map(median) as [number, number, number];
  const longer = Math.max(upload, download);
  const tus = of.tusS.length === 0 ? null : median(of.tusS);
  const grown = median(of.peakMiB.map((peak, run) => peak - (of.idleMiB[run] ?? 0)));
  const against = { what: `${what}: wall`, unit: "s", ours: wall };
  return [
    row({ ...against, other: longer, otherName: longer === upload ? "the longer alone: curl's upload" : "the longer alone: curl's download", maxRatio }),
    row({ ...against, other: download, otherName: "curl's download alone" }),
    row({ ...against, other: upload, otherName: "curl's upload alone" }),
    row({ ...against, other: tus, otherName: tus === null ? "tus-js-client's upload alone (not installed)" : "tus-js-client's upload alone" }),
    row({ ...against, other: download + upload, otherName: "one after the other by curl" }),
    row({ what: `${what}: CPU`, unit: "s", ours: median(of.captureCpuS), other: null, otherName: "" }),
    row({ what: `${what}: peak memory`, unit: "MiB", ours: median(of.peakMiB), other: median(of.idleMiB), otherName: "the same host, idle" }),
    { ...row({ what: `${what}: memory above idle`, unit: "MiB", ours: grown, other: null, otherName: "" }), goal: `ours <= ${String(MAX_DELIVERY_MIB)} MiB`, holds: grown <= MAX_DELIVERY_MIB },
  ];
}

/** Where scripts/bench --install-peers puts it. */
function tusModule(): string | null {
  const folder = new URL("../../.tools/bench-peers/", import.meta.url);
  return existsSync(new URL("node_modules/tus-js-client", folder)) ? createRequire(folder).resolve("tus-js-client") : null;
}

async function measureWholeFiles(): Promise<Row[]> {
  await makeSound(join(scratch, "large.m4a"), sizes.large);
  await makeSound(join(scratch, "small.m4a"), sizes.small);
  const json = join(scratch, "whole.json");
  const command = [join(build, "whole_bench"), program, scratch, "--json", json, "--only", values.only, ...(values.quick ? ["--quick"] : [])];
  const { out } = await runProgram(command, { stop: stopping.signal });
  process.stdout.write(out);
  return [...(await readReport(json)).rows];
}

/** Noise without loss, since of a file that is padded only the sound would be fetched: some `bytes` of it, the index in front. */
async function makeSound(file: string, bytes: number): Promise<void> {
  const minute = join(scratch, "minute.m4a");
  const ffmpeg = ["ffmpeg", "-nostdin", "-v", "error", "-y"];
  // Two that differ: of two alike one costs nothing.
  const channels = ["left", "right"].map((name, at) => `anoisesrc=sample_rate=${String(SAMPLE_RATE)}:seed=${String(at + 1)}:duration=60[${name}]`);
  const noise = `${channels.join(";")};[left][right]amerge=inputs=2,aformat=sample_fmts=s16p:channel_layouts=stereo`;
  await runProgram([...ffmpeg, "-f", "lavfi", "-i", noise, "-c:a", "alac", minute], { stop: stopping.signal });
  await runProgram([...ffmpeg, "-stream_loop", "-1", "-i", minute, "-t", String(bytes / BYTES_PER_SECOND), "-c", "copy", "-movflags", "+faststart", file], { stop: stopping.signal });
}
