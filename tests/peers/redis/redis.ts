// A Redis of our own for tests: Debian's redis-server in a fresh folder, reached by a socket in it, in memory alone, gone when it
// is stopped.

import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

const PROGRAM = "redis-server";

export class PrivateRedis {
  /** The path of the socket: as `path` for ioredis and BullMQ, and as it stands for REDIS_URL. */
  readonly socket: string;
  readonly #dir: string;
  readonly #server: ChildProcess;

  private constructor(dir: string, socket: string, server: ChildProcess) {
    this.#dir = dir;
    this.socket = socket;
    this.#server = server;
  }

  /** Resolves when it takes connections. Throws where Debian's package redis-server is missing. */
  static async start(): Promise<PrivateRedis> {
    const dir = await mkdtemp(join(tmpdir(), "auricle-redis-"));
    const socket = join(dir, "redis.sock");
    // Standard input in place of a file: the system's own redis.conf has no say.
    const settings = ["port 0", `unixsocket ${socket}`, "unixsocketperm 700", 'save ""', "appendonly no", `dir ${dir}`, "maxmemory-policy noeviction"];
    const server = spawn(PROGRAM, ["-"], { stdio: ["pipe", "pipe", "inherit"] });
    server.stdin.end(settings.join("\n"));
    try {
      await readiness(server);
    } catch (error) {
      server.kill("SIGKILL");
      await rm(dir, { recursive: true });
      throw error;
    }
    return new PrivateRedis(dir, socket, server);
  }

  /** Ends every connection, and leaves nothing. */
  async stop(): Promise<void> {
    const ended = this.#server.exitCode === null && this.#server.signalCode === null ? once(this.#server, "exit") : undefined;
    this.#server.kill("SIGKILL");
    await ended;
    await rm(this.#dir, { recursive: true });
  }
}

async function readiness(server: ChildProcess): Promise<void> {
  const failed = new Promise<never>((_, reject) => {
    server.once("error", (error) => reject(new Error(`Redis is missing: install Debian's package redis-server (${error.message}).`)));
  });
  await Promise.race([failed, saysReady(server)]);
}

async function saysReady(server: ChildProcess): Promise<void> {
  if (server.stdout === null) throw new Error("the server's log is not to be read");
  const seen: string[] = [];
  for await (const line of createInterface({ input: server.stdout })) {
    seen.push(line);
    if (!/ready to accept connections/i.test(line)) continue;
    // Read on, or its log would fill the pipe and hold it up.
    server.stdout.resume();
    return;
  }
  throw new Error(`Redis did not start: ${seen.join("\n")}`);
}
