// scripts/bench playback: how long a key takes over HTTP, with one session and with a thousand, on PostgreSQL.
// node --import tsx bench.ts [--json FILE] [--with FILE]… [--quick]

import { spawn } from "node:child_process";
import type { ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { openPostgres } from "../backend/database.ts";
import { PostgresCluster } from "../backend/postgres-cluster.ts";
import { makeMedia } from "../media/media.ts";
import { migrate } from "../backend/migration.ts";
import { toBase64 } from "./bytes.ts";
import { seal } from "./encode.ts";
import { ENVELOPE_KEY_BYTES, Envelope } from "./envelope.ts";
import { LECTURE, makeLibrary } from "./library.ts";
import { makeKeyPair, randomBytes } from "./primitives.ts";
import { VideoTable } from "./video-table.ts";

/** As scripts/bench writes them everywhere. */
interface Row {
  readonly what: string;
  readonly unit: string;
  readonly ours: number;
  readonly other: number | null;
  readonly other_name: string;
  readonly ratio: number | null;
  readonly goal: string | null;
  readonly holds: boolean | null;
}

interface Served {
  readonly port: number;
  readonly child: ChildProcessByStdio<null, Readable, null>;
}

const { values } = parseArgs({ options: { json: { type: "string" }, with: { type: "string", multiple: true, default: [] }, quick: { type: "boolean", default: false } } });

const SESSIONS = 1000;
/** How often a player asks for one key: a segment is so long. */
const SEGMENT_S = 4;
const SECONDS = values.quick ? 8 : 30;
const SINGLE_QUESTIONS = values.quick ? 300 : 2000;
const AT_ONCE = 64;
const RENDITION = "180p";
const SEGMENTS = 5;
/** Document 004, "Performance Characteristics" and "Monitoring". */
const P50_MS = 120;
const P99_MS = 500;

const agent = new Agent({ keepAlive: true, maxSockets: 256 });

function ask(port: number, method: string, path: string, headers: Readonly<Record<string, string>> = {}, body?: string): Promise<{ status: number; cookie: string; text: string }> {
  return new Promise((resolve, reject) => {
    const asking = request({ host: "127.0.0.1", port, method, path, agent, headers: { ...headers, ...(body === undefined ? {} : { "content-type": "application/json", "content-length": String(Buffer.byteLength(body)) }) } }, (response) => {
      let text = "";
      response.setEncoding("utf8").on("data", (part: string) => (text += part)).on("end", () => resolve({ status: response.statusCode ?? 0, cookie: (response.headers["set-cookie"]?.[0] ?? "").split(";", 1)[0] ?? "", text }));
      response.on("error", reject);
    });
    asking.on("error", reject);
    asking.end(body);
  });
}

async function begin(port: number): Promise<string> {
  const { publicKey } = await makeKeyPair();
  const { status, cookie, text } = await ask(port, "POST", "/api/v1/session", {}, JSON.stringify({ videoId: LECTURE, clientPubKey: toBase64(publicKey) }));
  if (status !== 200) throw new Error(`no session: ${text}`);
  return cookie;
}

async function key(port: number, cookie: string, segIdx: number): Promise<void> {
  const { status, text } = await ask(port, "GET", `/api/v1/key?videoId=${LECTURE}&rendition=${RENDITION}&segIdx=${String(segIdx)}`, { cookie });
  if (status !== 200) throw new Error(`no key: ${String(status)} ${text}`);
}

async function batch(port: number, cookie: string): Promise<void> {
  const segIndices = Array.from({ length: 20 }, (_, at) => at % SEGMENTS);
  const { status, text } = await ask(port, "POST", "/api/v1/key", { cookie }, JSON.stringify({ videoId: LECTURE, rendition: RENDITION, segIndices }));
  if (status !== 200) throw new Error(`no keys: ${String(status)} ${text}`);
}

/** ms of each, one after the other. */
async function oneByOne(count: number, act: (at: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  for (let at = 0; at < count; at += 1) times.push(await timed(() => act(at)));
  return times;
}

async function timed(act: () => Promise<unknown>): Promise<number> {
  const began = performance.now();
  await act();
  return performance.now() - began;
}

/**
 * Each session asks for its next key when its player would, at its own moment of every 4 s, whether or not the server is behind: a time counts
 * from the moment at which the question was due. ms of each.
 */
async function asPlayersDo(sessions: readonly string[], seconds: number, act: (cookie: string, at: number) => Promise<unknown>): Promise<number[]> {
  const times: number[] = [];
  const began = performance.now();
  const plays = sessions.map(async (cookie, place) => {
    for (let due = (place / sessions.length) * SEGMENT_S * 1000, at = 0; due < seconds * 1000; due += SEGMENT_S * 1000, at += 1) {
      const wait = began + due - performance.now();
      if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
      await act(cookie, at);
      times.push(performance.now() - began - due);
    }
  });
  await Promise.all(plays);
  return times;
}

/** As many as there are places, without a pause: questions a second. */
async function asFastAsItGoes(sessions: readonly string[], seconds: number, act: (cookie: string, at: number) => Promise<unknown>): Promise<number> {
  const end = performance.now() + seconds * 1000;
  let done = 0;
  const works = Array.from({ length: AT_ONCE }, async (_, place) => {
    for (let at = place; performance.now() < end; at += AT_ONCE) {
      await act(sessions[at % sessions.length] ?? "", at);
      done += 1;
    }
  });
  const began = performance.now();
  await Promise.all(works);
  return done / ((performance.now() - began) / 1000);
}

function percentile(times: readonly number[], share: number): number {
  const sorted = [...times].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

/** P50, P95, P99 of ours beside those of an answer that holds nothing, over the same HTTP at the same load. */
function rowsOf(what: string, ours: readonly number[], floor: readonly number[], hasGoals: boolean): Row[] {
  return [0.5, 0.95, 0.99].map((share) => {
    const [mine, other] = [percentile(ours, share), percentile(floor, share)];
    const limit = !hasGoals ? undefined : share === 0.5 ? P50_MS : share === 0.99 ? P99_MS : undefined;
    return { what: `${what}, P${String(share * 100)}`, unit: "ms", ours: round(mine), other: round(other), other_name: "an answer that holds nothing", ratio: round(mine / other), goal: limit === undefined ? null : `< ${String(limit)} ms`, holds: limit === undefined ? null : mine < limit };
  });
}

function round(value: number): number {
  return Math.round(value * 1000) / 1000;
}

function alone(what: string, unit: string, ours: number, goal: string | null = null, holds: boolean | null = null): Row {
  return { what, unit, ours: round(ours), other: null, other_name: "", ratio: null, goal, holds };
}

async function measure({ port }: Served): Promise<Row[]> {
  const health = (): Promise<unknown> => ask(port, "GET", "/api/v1/health");
  const first = await begin(port);
  // Code that is compiled while it is measured would be measured.
  await oneByOne(200, (at) => key(port, first, at % SEGMENTS));
  const rows = rowsOf("a key, 1 session", await oneByOne(SINGLE_QUESTIONS, (at) => key(port, first, at % SEGMENTS)), await oneByOne(SINGLE_QUESTIONS, health), true);
  rows.push(...rowsOf("20 keys at once, 1 session", await oneByOne(SINGLE_QUESTIONS / 10, () => batch(port, first)), await oneByOne(SINGLE_QUESTIONS / 10, health), false));

  const sessions: string[] = [];
  const beginning = performance.now();
  while (sessions.length < SESSIONS) sessions.push(...(await Promise.all(Array.from({ length: 20 }, () => begin(port)))));
  rows.push(alone(`sessions begun a second, ${String(SESSIONS)} in all`, "1/s", SESSIONS / ((performance.now() - beginning) / 1000)));

  const floor = await asPlayersDo(sessions, SECONDS, health);
  // Each session's first key costs the agreement on its KEK; that is part of what is asked for.
  const ours = await asPlayersDo(sessions, SECONDS, (cookie, at) => key(port, cookie, at % SEGMENTS));
  rows.push(...rowsOf(`a key, ${String(SESSIONS)} sessions, each every ${String(SEGMENT_S)} s`, ours, floor, true));
  const most = await asFastAsItGoes(sessions, SECONDS / 3, (cookie, at) => key(port, cookie, at % SEGMENTS));
  rows.push(alone(`keys a second, ${String(SESSIONS)} sessions, ${String(AT_ONCE)} questions at once`, "1/s", most));
  return rows;
}

/** Document 004's "Database query performance" and "KMS decrypt performance". */
async function measureParts(url: string, envelope: Envelope): Promise<Row[]> {
  const database = await openPostgres(url);
  try {
    const [row] = await database.query("select id, root_secret_enc as sealed from videos limit 1");
    const videos = new VideoTable(database);
    await oneByOne(100, () => videos.segments(LECTURE, RENDITION, [0]));
    const queries = await oneByOne(500, () => Promise.all([database.query("select * from playback_sessions where cookie_value = $1", ["none"]), videos.find(LECTURE), videos.segments(LECTURE, RENDITION, [0])]));
    const opening = await oneByOne(2000, () => Promise.resolve(envelope.open(String(row?.["sealed"]), `root secret ${String(row?.["id"])}`)));
    return [alone("the three questions to the database, P50", "ms", percentile(queries, 0.5), "<= 40 ms", percentile(queries, 0.5) <= 40), alone("a root secret opened, P50", "ms", percentile(opening, 0.5), "<= 10 ms", percentile(opening, 0.5) <= 10)];
  } finally {
    await database.close();
  }
}

async function serve(url: string, envelopeKey: Uint8Array, mediaDir: string): Promise<Served> {
  const program = fileURLToPath(new URL("main.ts", import.meta.url));
  const env = { ...process.env, DATABASE_URL: url, PLAYBACK_ENVELOPE_KEY: toBase64(envelopeKey), PLAYBACK_KEYS_PER_MINUTE: "0" };
  const child = spawn(process.execPath, ["--import", "tsx", program, "serve", "--media", mediaDir, "--origin", "http://127.0.0.1", "--port", "0"], { env, stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return { port: Number(line.split(":").at(-1)), child };
}

async function bench(): Promise<Row[]> {
  const dir = await mkdtemp(join(tmpdir(), "auricle-playback-bench-"));
  const cluster = await PostgresCluster.start();
  let served: Served | undefined;
  try {
    const url = await cluster.createDatabase();
    const envelopeKey = randomBytes(ENVELOPE_KEY_BYTES);
    const envelope = new Envelope(envelopeKey);
    const database = await openPostgres(url);
    await migrate(database, new URL("migrations/", import.meta.url));
    const [lecture] = await makeLibrary((await makeMedia({ hour: false })).short.video);
    if (lecture === undefined) throw new Error("the library is empty");
    await seal(lecture, lecture.cuts, { videos: new VideoTable(database), envelope, mediaDir: dir });
    await database.close();
    served = await serve(url, envelopeKey, dir);
    return [...(await measure(served)), ...(await measureParts(url, envelope))];
  } finally {
    if (served !== undefined) {
      agent.destroy();
      served.child.kill("SIGTERM");
      await once(served.child, "exit");
    }
    await cluster.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

function print(rows: readonly Row[]): void {
  const cells = rows.map(({ what, unit, ours, other, ratio, goal, holds }) => [what, unit, ours.toFixed(2), other === null ? "" : other.toFixed(2), ratio === null ? "" : ratio.toFixed(2), goal ?? "", holds === null ? "" : holds ? "holds" : "MISSED"]);
  const table = [["playback", "unit", "ours", "floor", "ratio", "goal", ""], ...cells];
  const widths = table[0]?.map((_, at) => Math.max(...table.map((row) => (row[at] ?? "").length))) ?? [];
  for (const row of table) process.stdout.write(`${row.map((cell, at) => (at === 0 || at === 5 ? cell.padEnd(widths[at] ?? 0) : cell.padStart(widths[at] ?? 0))).join("  ").trimEnd()}\n`);
}

const rows = await bench();
// What other programs have measured, in the same form: the client's cost per segment.
for (const file of values.with) rows.push(...(JSON.parse(await readFile(file, "utf8")) as { rows: Row[] }).rows);
process.stdout.write(`${String(cpus().length)} processors\n`);
print(rows);
if (values.json !== undefined) await writeFile(values.json, `${JSON.stringify({ name: "playback", rows }, undefined, 2)}\n`);
