// The playback server as a program: `node --import tsx main.ts COMMAND --media DIR …`; without a command it says what there is.

import { mkdir, mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { openDatabase, openPostgres } from "../backend/database.ts";
import type { Database } from "../backend/database.ts";
import { RENDITIONS, cut, seal } from "./encode.ts";
import type { RenditionWish } from "./encode.ts";
import { HttpServer } from "./http-server.ts";
import { PlaybackService } from "./service.ts";
import { envelopeFrom, settingsFrom } from "./settings.ts";

const USAGE = `usage: main.ts COMMAND --media DIR [options]
  serve --origin URL [--port N] [--host ADDRESS] [--cert FILE --key FILE] [--proxies N] [--media-origin URL]
  encode FILE --id ID [--title TEXT] [--rendition NAME:HEIGHT:KBITS]…   seals a film in place of what had that id
  remove ID        a video, its sessions and its files
  list             what there is
  sweep            deletes expired sessions and old log entries, as serve does every hour
  rotate           puts every stored secret under PLAYBACK_ENVELOPE_KEY
  forget [--person NAME] [--device FINGERPRINT] [--session ID]   deletes what is written of somebody
Environment: PLAYBACK_ENVELOPE_KEY, DATABASE_URL and others, see README.md.
`;

const HOUR_MS = 3_600_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    media: { type: "string" },
    origin: { type: "string", multiple: true },
    "media-origin": { type: "string" },
    port: { type: "string", default: "8443" },
    host: { type: "string", default: "127.0.0.1" },
    cert: { type: "string" },
    key: { type: "string" },
    proxies: { type: "string", default: "0" },
    id: { type: "string" },
    title: { type: "string" },
    rendition: { type: "string", multiple: true },
    person: { type: "string" },
    device: { type: "string" },
    session: { type: "string" },
  },
});

const [command, argument] = positionals;

try {
  process.exitCode = await obey();
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

async function obey(): Promise<number> {
  const act = { serve, encode, remove, list, sweep, rotate, forget }[command ?? ""];
  if (act === undefined || values.media === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  const [envelope, settings, mediaDir] = [envelopeFrom(process.env), settingsFrom(process.env), values.media];
  await mkdir(mediaDir, { recursive: true });
  const database = await databaseOf(mediaDir);
  const metricsToken = process.env["PLAYBACK_METRICS_TOKEN"];
  try {
    const service = await PlaybackService.open({
      database, envelope, settings, mediaDir,
      origins: values.origin ?? [],
      ...(values["media-origin"] === undefined ? {} : { mediaOrigin: values["media-origin"] }),
      ...(metricsToken === undefined || metricsToken === "" ? {} : { metricsToken }),
      onFailure: (error) => void process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`),
    });
    await act(service, mediaDir);
    await service.close();
  } finally {
    await database.close();
  }
  return 0;
}

/** The PostgreSQL of DATABASE_URL; without it tables in a folder, of which one process at a time can make use. */
function databaseOf(mediaDir: string): Promise<Database> {
  const url = process.env["DATABASE_URL"];
  return url === undefined || url === "" ? openDatabase(join(mediaDir, ".database")) : openPostgres(url);
}

async function serve(service: PlaybackService): Promise<void> {
  const { cert, key, host, origin } = values;
  if (origin === undefined) throw new Error("serve needs --origin: the address by which browsers reach it, such as https://play.uni.example.");
  if ((cert === undefined) !== (key === undefined)) throw new Error("--cert and --key go together.");
  const tls = cert === undefined || key === undefined ? {} : { tls: { cert: await readFile(cert, "utf8"), key: await readFile(key, "utf8") } };
  const server = new HttpServer({ service, proxies: Number(values.proxies), ...tls });
  const port = await server.listen(Number(values.port), host);
  say(`Listening on ${host}:${String(port)}`);
  const sweeping = setInterval(() => void service.sweep().catch((error: unknown) => process.stderr.write(`${String(error)}\n`)), HOUR_MS);
  await new Promise((resolve) => {
    process.once("SIGINT", resolve);
    process.once("SIGTERM", resolve);
  });
  clearInterval(sweeping);
  await server.close();
}

async function encode(service: PlaybackService, mediaDir: string): Promise<void> {
  if (argument === undefined || values.id === undefined) throw new Error("encode needs a FILE and --id.");
  const wishes = values.rendition?.map(wishOf) ?? RENDITIONS;
  const clear = await mkdtemp(join(tmpdir(), "playback-"));
  try {
    const cuts = await cut(argument, clear, wishes);
    await seal({ id: values.id, title: values.title ?? values.id }, cuts, { videos: service.videos, envelope: envelopeFrom(process.env), mediaDir });
  } finally {
    await rm(clear, { recursive: true, force: true });
  }
  say(`Sealed ${values.id}: ${values.origin?.[0] ?? ""}/watch/${values.id}`);
}

function wishOf(text: string): RenditionWish {
  const [, name, height, kbits] = /^([\w-]{1,32}):(\d+):(\d+)$/.exec(text) ?? [];
  if (name === undefined) throw new Error(`"${text}" is not NAME:HEIGHT:KBITS, such as 360p:360:500.`);
  return { name, height: Number(height), kbitsPerSecond: Number(kbits) };
}

async function remove(service: PlaybackService, mediaDir: string): Promise<void> {
  if (argument === undefined || !(await service.videos.remove(argument))) throw new Error(`There is no video ${argument ?? ""}.`);
  await rm(join(mediaDir, argument), { recursive: true, force: true });
  say(`Removed ${argument}`);
}

async function list(service: PlaybackService): Promise<void> {
  for (const { id, title, duration } of await service.videos.all()) say(`${id}\t${duration.toFixed(1)} s\t${title}`);
}

async function sweep(service: PlaybackService): Promise<void> {
  const { sessions, logEntries } = await service.sweep();
  say(`Deleted ${String(sessions)} sessions and ${String(logEntries)} log entries`);
}

async function rotate(service: PlaybackService): Promise<void> {
  say(`Moved ${String(await service.rotateEnvelope())} secrets to the current envelope key`);
}

async function forget(service: PlaybackService): Promise<void> {
  const { person, device, session } = values;
  if (person === undefined && device === undefined && session === undefined) throw new Error("forget needs --person, --device or --session.");
  const whom = { ...(person === undefined ? {} : { person }), ...(device === undefined ? {} : { deviceFingerprint: device }), ...(session === undefined ? {} : { sessionId: session }) };
  say(`Deleted ${String(await service.forget(whom))} log entries`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}
