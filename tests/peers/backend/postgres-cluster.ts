// A PostgreSQL of our own for tests: Debian's programs on a fresh folder, reached by a socket in it, gone when it is stopped.

import { execFile, spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { chown, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { promisify } from "node:util";
import { Client } from "pg";

const run = promisify(execFile);
const VERSIONS_DIR = "/usr/lib/postgresql";
const SUPERUSER = "auricle";
/** Whom Debian's package makes; PostgreSQL refuses to run as root. */
const SYSTEM_USER = "postgres";

type Identity = { readonly uid: number; readonly gid: number } | Record<string, never>;

export class PostgresCluster {
  readonly #dir: string;
  readonly #server: ChildProcess;
  #databases = 0;

  private constructor(dir: string, server: ChildProcess) {
    this.#dir = dir;
    this.#server = server;
  }

  /** Resolves when it takes connections. Throws where Debian's package postgresql is missing. */
  static async start(): Promise<PostgresCluster> {
    const programs = await programsDir();
    const identity = await identityFor();
    const dir = await mkdtemp(join(tmpdir(), "auricle-pg-"));
    if (identity.uid !== undefined) await chown(dir, identity.uid, identity.gid);
    const data = join(dir, "data");
    await run(join(programs, "initdb"), ["--pgdata", data, "--username", SUPERUSER, "--auth", "trust", "--no-sync", "--encoding", "UTF8", "--locale", "C"], { ...identity, cwd: dir });
    const settings = ["listen_addresses=", `unix_socket_directories=${dir}`, "fsync=off", "log_min_messages=log"];
    const server = spawn(join(programs, "postgres"), ["-D", data, ...settings.flatMap((setting) => ["-c", setting])], { ...identity, cwd: dir, stdio: ["ignore", "ignore", "pipe"] });
    await readiness(server);
    return new PostgresCluster(dir, server);
  }

  /** A new and empty database's address, for DATABASE_URL. */
  async createDatabase(): Promise<string> {
    this.#databases += 1;
    const name = `lease_${String(this.#databases)}`;
    const client = new Client({ connectionString: this.#url("postgres") });
    await client.connect();
    try {
      await client.query(`create database ${name}`);
    } finally {
      await client.end();
    }
    return this.#url(name);
  }

  /** Ends every connection, and leaves nothing. */
  async stop(): Promise<void> {
    const ended = this.#server.exitCode === null ? once(this.#server, "exit") : undefined;
    // The fast shutdown: it waits for nobody.
    this.#server.kill("SIGINT");
    await ended;
    await rm(this.#dir, { recursive: true });
  }

  #url(database: string): string {
    return `postgresql://${SUPERUSER}@/${database}?host=${encodeURIComponent(this.#dir)}`;
  }
}

async function programsDir(): Promise<string> {
  const versions = await readdir(VERSIONS_DIR).catch(() => []);
  const newest = versions.map(Number).sort((one, other) => other - one)[0];
  if (newest === undefined) throw new Error("PostgreSQL is missing: install Debian's package postgresql.");
  return join(VERSIONS_DIR, String(newest), "bin");
}

/** Nobody else, where we are not root. */
async function identityFor(): Promise<Identity> {
  if (process.getuid?.() !== 0) return {};
  const id = async (flag: string): Promise<number> => Number((await run("id", [flag, SYSTEM_USER])).stdout);
  return { uid: await id("-u"), gid: await id("-g") };
}

async function readiness(server: ChildProcess): Promise<void> {
  if (server.stderr === null) throw new Error("the server's log is not to be read");
  const seen: string[] = [];
  for await (const line of createInterface({ input: server.stderr })) {
    seen.push(line);
    if (!line.includes("ready to accept connections")) continue;
    // Read on, or its log would fill the pipe and hold it up.
    server.stderr.resume();
    return;
  }
  throw new Error(`PostgreSQL did not start: ${seen.join("\n")}`);
}
